import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadMapping } from './mapping.js';
import { loadRingCalls } from './ring-calls.js';

const lock = { exclusive: 2, dontWait: 4, release: 8 } as const;

/** Between two looks at its work a polling process is at most this long, unless another process was on its processor, or it was busy itself. */
const mostGapMs = 1;
/** Others need the processor if they had it for more than a third of so much polling. */
const judgedMs = 100;
const mostLostShare = 1 / 3;
/** Then this process does not poll for so many times as long as they had it; if it happens again soon, for twice as long as before. */
const pausePerLost = 5;
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
  /** Polling that is not judged yet, and what others took of it. */
  #polledMs = 0;
  #lostMs = 0;
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
   * back, because others kept this process from its processor: they need it, so for a while it gets none.
   */
  take(nowMs: number): boolean {
    if (this.#held >= 0) this.#judge(nowMs, nowMs - this.#lastMs);
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

  /** Counts what was polled; gives the slot back if others had too much of it. */
  #judge(nowMs: number, sinceMs: number): void {
    this.#polledMs += sinceMs;
    if (sinceMs > mostGapMs && this.#wasPreempted()) this.#lostMs += sinceMs;
    if (this.#polledMs < judgedMs) return;
    if (this.#lostMs > this.#polledMs * mostLostShare) this.#yield(nowMs);
    this.#polledMs = 0;
    this.#lostMs = 0;
  }

  #wasPreempted(): boolean {
    const before = this.#preemptions;
    this.#preemptions = this.#countPreemptions();
    return this.#preemptions > before;
  }

  #yield(nowMs: number): void {
    this.release();
    const isRelapse = nowMs < this.#pausedUntilMs + relapseMs;
    this.#pauseMs = Math.min(mostPauseMs, Math.max(this.#lostMs * pausePerLost, isRelapse ? this.#pauseMs * 2 : 0));
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
