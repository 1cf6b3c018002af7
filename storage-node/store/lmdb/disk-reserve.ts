import { closeSync, openSync, statfsSync, writeSync } from 'node:fs';

export const pageBytes = 4096;
/** Pages that a commit may take whatever it changes: the upper levels of its tables and the list of free pages. */
const commitPages = 32;
/** Pages that one changed entry may take: its leaf, split in two, and a page above it. */
const pagesPerEntry = 3;
const zeros = Buffer.alloc(256 * 1024);
/** ext, xfs, tmpfs: overwriting a block there takes no new one. */
const overwritingFileSystems = new Set([0xef53, 0x58465342, 0x01021994]);

/** Whether blocks of a file in that folder, once written, can be written again even if the disk is full. */
export function keepsBlocks(folder: string): boolean {
  return overwritingFileSystems.has(statfsSync(folder).type);
}

/**
 * Sees to it that a memory-mapped database file has blocks for what is written next, since a store to a hole of a file ends the process when
 * the disk is full. Writes zeros behind the last page in use, ahead of demand.
 */
export class DiskReserve {
  readonly #path: string;
  readonly #pagesInUse: () => number;
  /** Pages below have blocks. */
  #reserved = 0;
  /** No page from here on is in use. */
  #usedAtMost = Number.POSITIVE_INFINITY;

  /** `pagesInUse` tells behind which page nothing is in use; it is asked rarely. */
  constructor(path: string, pagesInUse: () => number) {
    this.#path = path;
    this.#pagesInUse = pagesInUse;
  }

  /** Reserves what a commit of that many changed entries and bytes may take. Throws the system's error, having changed nothing. */
  ensure(entries: number, bytes: number): void {
    const pages = commitPages + pagesPerEntry * entries + Math.ceil(bytes / pageBytes);
    if (this.#usedAtMost + pages > this.#reserved) {
      this.#usedAtMost = this.#pagesInUse();
      if (this.#usedAtMost + pages > this.#reserved) this.#extend(pages);
    }
    this.#usedAtMost += pages;
  }

  #extend(pages: number): void {
    const from = Math.max(this.#reserved, this.#usedAtMost);
    const to = this.#usedAtMost + pages + Math.min(256, this.#usedAtMost >>> 3);
    const descriptor = openSync(this.#path, 'r+');
    try {
      for (let at = from * pageBytes; at < to * pageBytes; ) {
        at += writeSync(descriptor, zeros, 0, Math.min(zeros.length, to * pageBytes - at), at);
      }
    } finally {
      closeSync(descriptor);
    }
    this.#reserved = to;
  }
}
