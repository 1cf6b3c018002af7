import { statfsSync } from 'node:fs';
import { formatBytes, SatchelError } from '@satchel/proto/core';

/**
 * Room that a commit must find on the disk. LMDB writes a few pages for each record and finds out about a full disk only in the middle of a
 * transaction, when it cannot tell which commits it has lost; so it is never let run into one.
 */
export const reserveBytes = 16 * 1024 * 1024;
/** How long and for how many commits one look at the disk counts. */
const lookMs = 100;
const lookCommits = 200;

/** Keeps commits from filling a disk to the end. */
export class RoomGuard {
  readonly #folder: string;
  readonly #freeBytes: (folder: string) => number;
  readonly #nowMs: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #commits = 0;
  #free = 0;

  constructor(folder: string, freeBytes = freeBytesOf, nowMs: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
    this.#nowMs = nowMs;
  }

  /** To be called before each commit. Throws `unavailable` if the disk is as good as full; asks it anew each time while it is. */
  check(): void {
    const nowMs = this.#nowMs();
    const stale = nowMs - this.#lookedMs > lookMs || this.#commits >= lookCommits || this.#free < reserveBytes;
    if (stale) {
      this.#free = this.#freeBytes(this.#folder);
      this.#lookedMs = nowMs;
      this.#commits = 0;
    }
    this.#commits++;
    if (this.#free >= reserveBytes) return;
    throw new SatchelError(
      'unavailable',
      `the controller cannot write its state: the disk of ${this.#folder} is full; ${formatBytes(this.#free)} of it are free, ` +
        `${formatBytes(reserveBytes)} are needed. Running jobs go on`,
    );
  }
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
