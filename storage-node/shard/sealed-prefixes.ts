import { SatchelError } from '@satchel/proto/core';
import type { EndedPrefix } from '../job-configuration.js';
import type { Key } from '../store/key.js';

/**
 * Prefixes of a job's stages that have ended: nothing may be written under them, so that who has not heard of the end leaves nothing
 * behind. Asking is a comparison while there are none, else some more for the logarithm of their number.
 */
export class SealedPrefixes {
  /** Sorted; none begins with another. */
  #prefixes: readonly Buffer[] = [];

  /** Whether there are any; if not, writes need not ask. */
  get any(): boolean {
    return this.#prefixes.length > 0;
  }

  /** Takes over the prefixes of a configuration; returns whether there are new ones. */
  follow(ended: readonly EndedPrefix[] = []): boolean {
    const known = this.#prefixes;
    const sorted = ended.map(({ prefix }) => Buffer.from(prefix)).sort(Buffer.compare);
    this.#prefixes = sorted.filter((prefix, index) => !sorted.slice(0, index).some((above) => beginsWith(prefix, above)));
    return this.#prefixes.some((prefix) => !known.some((other) => beginsWith(prefix, other)));
  }

  /** Throws `fenced` for a key under a prefix. */
  check(key: Key): void {
    const error = this.any ? this.errorOf(key.buffer, key.start, key.end) : undefined;
    if (error !== undefined) throw error;
  }

  /** The error that a write of a key meets; undefined: none. */
  errorOf(buffer: Buffer, start = 0, end = buffer.length): SatchelError | undefined {
    const prefix = this.#prefixes[this.#lastUpTo(buffer, start, end)];
    if (prefix === undefined || end - start < prefix.length) return undefined;
    if (prefix.compare(buffer, start, start + prefix.length) !== 0) return undefined;
    return new SatchelError(
      'fenced',
      `the stage of prefix '${prefix.toString()}' has ended: nothing can be written there any more`,
    );
  }

  /** Index of the last prefix that is not after the key: the only one the key can begin with; -1: none. */
  #lastUpTo(buffer: Buffer, start: number, end: number): number {
    let from = 0;
    let to = this.#prefixes.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#prefixes[middle] as Buffer).compare(buffer, start, end) <= 0) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

function beginsWith(prefix: Buffer, above: Buffer): boolean {
  return prefix.length >= above.length && above.compare(prefix, 0, above.length) === 0;
}
