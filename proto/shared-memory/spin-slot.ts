import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadMapping } from './mapping.js';
import { loadRingCalls } from './ring-calls.js';

const lock = { exclusive: 2, dontWait: 4, release: 8 } as const;

/** Between two looks at its work a polling process is at most this long, unless another process was on its processor, or it was busy itself. */
const mostGapMs = 1;
/** A process whose processor others need does not poll for so many times as long as they had it; if it happens again soon, for twice as long as before. */
const pausePerGap = 20;
const mostPauseMs = 10_000;
const relapseMs = 1000;

/**
 * Leave to keep a processor busy with polling. The processes that share a socket folder have one fewer than there are processors between
 * them: each is a lock on a file there, so that it is free again when its holder dies.
 */
export class SpinSlot {
  readonly #folder: string;
  readonly #count: number;
  readonly #countPreemptions: () => number;
  /** Open files by number of the slot. */
  readonly #files: (number | undefined)[] = [];
  #held = -1;
  #lastMs = 0;
  #pauseMs = 0;
  #preemptions = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  /** Slots lie in `socketFolder`/spin, which {@link makeSpinFolder} has made. `countPreemptions`: times this process was made to leave a processor. */
  constructor(socketFolder: string, processors: number, countPreemptions = involuntaryContextSwitches) {
    this.#countPreemptions = countPreemptions;
    this.#folder = join(socketFolder, spinFolderName);
    this.#count = loadMapping() === undefined ? 0 : Math.max(0, processors - 1);
  }

  /** Whether this object holds one. */
  get held(): boolean {
    return this.#held >= 0;
  }

  /**
   * Takes one of the slots, or keeps the one it holds; to be called again and again while polling. False: there is none to be had, or it was given
   * back, because this process was kept from its processor: others need it, so for a while it gets none.
   */
  take(nowMs: number): boolean {
    if (this.#held >= 0 && nowMs - this.#lastMs > mostGapMs) this.#checkGap(nowMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    if (this.#held >= 0) return true;
    if (nowMs < this.#pausedUntilMs) return false;
    for (let index = 0; index < this.#count; index++) {
      const file = this.#open(index);
      if (file === undefined || loadRingCalls().flock(file, lock.exclusive | lock.dontWait) !== 0) continue;
      this.#held = index;
      this.#preemptions = this.#countPreemptions();
      return true;
    }
    return false;
  }

  /** Gives the slot back if it was another process that took the time. */
  #checkGap(nowMs: number, gapMs: number): void {
    const preemptions = this.#countPreemptions();
    const wasPreempted = preemptions > this.#preemptions;
    this.#preemptions = preemptions;
    if (!wasPreempted) return;
    this.release();
    const isRelapse = nowMs < this.#pausedUntilMs + relapseMs;
    this.#pauseMs = Math.min(mostPauseMs, Math.max(gapMs * pausePerGap, isRelapse ? this.#pauseMs * 2 : 0));
    this.#pausedUntilMs = nowMs + this.#pauseMs;
  }

  /** Gives it back, if it holds one. */
  release(): void {
    const file = this.#files[this.#held];
    this.#held = -1;
    if (file !== undefined) loadRingCalls().flock(file, lock.release);
  }

  /** Gives it back for good. */
  close(): void {
    this.release();
    for (const file of this.#files.splice(0)) if (file !== undefined) closeSync(file);
  }

  #open(index: number): number | undefined {
    try {
      this.#files[index] ??= openSync(join(this.#folder, String(index)), 'r');
    } catch {
      return undefined;
    }
    return this.#files[index];
  }
}

function involuntaryContextSwitches(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}

const spinFolderName = 'spin';

/** Whether shards of this socket folder poll, so that it is worth while to ask them for a ring. */
export function hasSpinFolder(socketFolder: string): boolean {
  return existsSync(join(socketFolder, spinFolderName));
}

/** Makes the files that stand for the slots of a host, which everyone may lock and nobody else change. */
export function makeSpinFolder(socketFolder: string, processors: number): void {
  const folder = join(socketFolder, spinFolderName);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (let index = 0; index < processors - 1; index++) closeSync(openSync(join(folder, String(index)), 'a', 0o644));
}

/** Removes the slots if nothing else is left in the socket folder: then no shard of the host uses them. */
export function removeSpinFolderIfLast(socketFolder: string): void {
  if (readdirSync(socketFolder).every((name) => name === spinFolderName)) {
    rmSync(join(socketFolder, spinFolderName), { recursive: true, force: true });
  }
}
