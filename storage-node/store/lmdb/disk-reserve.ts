import { closeSync, openSync, statfsSync, writeSync } from 'node:fs';

export const pageBytes = 4096;
/** Pages that a commit may take whatever it changes: the upper levels of its tables and the list of free pages. */
const commitPages = 32;
/** Pages that one changed entry may take: its leaf, split in two, and a page above it. */
const pagesPerEntry = 3;
const zeros = Buffer.alloc(256 * 1024);
/** What puts leave of a disk: for others, and so that what is on it can be deleted. */
export const freeDiskBytes = 16 * 1024 * 1024;
/** ext, xfs, tmpfs: overwriting a block there takes no new one. */
const overwritingFileSystems = new Set([0xef53, 0x58465342, 0x01021994]);

/** Whether blocks of a file in that folder, once written, can be written again even if the disk is full. */
export function keepsBlocks(folder: string): boolean {
  return overwritingFileSystems.has(statfsSync(folder).type);
}

/** Pages of a database file: all that were ever used, and those in which something is now. */
export interface PageCounts {
  readonly used: number;
  readonly live: number;
}

/** Entries up to this on average fit into single pages, which are always found among the free ones. */
const singlePageBytes = 1500;

/**
 * Sees to it that a memory-mapped database file has blocks for what is written next, since a store to a hole of a file ends the process when
 * the disk is full. Writes zeros behind the last page in use, ahead of demand; on a full disk it lets free pages be used again.
 */
export class DiskReserve {
  readonly #path: string;
  readonly #count: () => PageCounts;
  /** Pages below have blocks. */
  #reserved = 0;
  /** No page from here on is in use. */
  #usedAtMost = Number.POSITIVE_INFINITY;
  /** Whether `take` had to go below what puts leave of the disk. */
  #low = false;

  /** `count` is asked rarely. */
  constructor(path: string, count: () => PageCounts) {
    this.#path = path;
    this.#count = count;
  }

  /** Whether that many changed entries and bytes can be committed and the disk is not as good as full then. Throws the system's error. */
  hasRoomFor(entries: number, bytes: number): boolean {
    const pages = pagesFor(entries, bytes);
    if (!this.#low && this.#covers(pages)) return true;
    this.#low = this.#isLow(pages);
    if (this.#low) return this.#recycles(entries, bytes);
    if (!this.#covers(pages)) this.#extend(pages, true);
    return true;
  }

  /** Reserves what a commit of that many changed entries and bytes may take, to be called before each. Throws the system's error, having changed nothing. */
  take(entries: number, bytes: number): void {
    const pages = pagesFor(entries, bytes);
    if (!this.#covers(pages)) {
      this.#low = this.#isLow(pages);
      try {
        this.#extend(pages, !this.#low);
      } catch (error) {
        if (!this.#recycles(entries, bytes)) throw error;
      }
    }
    this.#usedAtMost += pages;
  }

  #covers(pages: number): boolean {
    if (this.#usedAtMost + pages <= this.#reserved) return true;
    this.#usedAtMost = this.#count().used;
    return this.#usedAtMost + pages <= this.#reserved;
  }

  #isLow(pages: number): boolean {
    const disk = statfsSync(this.#path);
    return disk.bavail * disk.bsize < pages * pageBytes + freeDiskBytes;
  }

  /** Whether there are free pages in plenty, of which the last commits' cannot be used yet. */
  #recycles(entries: number, bytes: number): boolean {
    const { used, live } = this.#count();
    return bytes <= entries * singlePageBytes && used - live > 4 * pagesFor(entries, bytes);
  }

  #extend(pages: number, ahead: boolean): void {
    const from = Math.max(this.#reserved, this.#usedAtMost);
    const to = this.#usedAtMost + pages + (ahead ? Math.min(256, this.#usedAtMost >>> 3) : 0);
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

function pagesFor(entries: number, bytes: number): number {
  return commitPages + pagesPerEntry * entries + Math.ceil(bytes / pageBytes);
}
