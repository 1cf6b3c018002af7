import { SatchelError } from '@satchel/proto/core';
import { addSummaries, emptySummary, type Summary, summarize } from './function/checksum.mjs';
import { type Layout, Records } from './function/records.mjs';

/** Checks an output chunk by chunk, in the order of its parts: keys ascend, and in the end nothing is missing, added or changed. */
export class OutputCheck {
  readonly #layout: Layout;
  #summary: Summary = emptySummary;
  #lastKey: Buffer | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Takes the next chunk; throws `failed` if a key is smaller than the one before. */
  add(chunk: Buffer, name: string): void {
    const records = new Records(chunk, this.#layout);
    for (let index = 0; index < records.count; index++) {
      const ordered =
        index === 0
          ? !this.#lastKey || records.compareKey(0, this.#lastKey) >= 0
          : records.compare(index, records, index - 1) >= 0;
      if (!ordered)
        throw new SatchelError('failed', `the output is not sorted: record ${index} of ${name} is smaller than the one before`);
    }
    if (records.count > 0) this.#lastKey = records.key(records.count - 1);
    this.#summary = addSummaries(this.#summary, summarize(records));
  }

  /** Throws `failed` unless the output has the input's records, bytes and checksum; returns them. */
  finish(input: Summary): Summary {
    for (const field of ['records', 'bytes', 'checksum'] as const) {
      if (this.#summary[field] !== input[field]) {
        throw new SatchelError('failed', `the output has ${field} ${this.#summary[field]}, the input ${input[field]}`);
      }
    }
    return this.#summary;
  }
}
