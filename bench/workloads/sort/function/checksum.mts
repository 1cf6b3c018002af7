import { crc32 } from 'node:zlib';
import type { Records } from './records.mjs';

/** Count, bytes and an order-independent checksum of records, as the Sort Benchmark's valsort computes it: the sum of their CRC32s. */
export interface Summary {
  readonly records: number;
  readonly bytes: number;
  /** Modulo 2^48, so that sums stay exact in a double. */
  readonly checksum: number;
}

export const emptySummary: Summary = { records: 0, bytes: 0, checksum: 0 };

const modulus = 2 ** 48;

export function summarize(records: Records): Summary {
  let checksum = 0;
  for (let index = 0; index < records.count; index++) {
    checksum += crc32(records.buffer.subarray(records.start(index), records.end(index)));
    if (checksum >= modulus) checksum -= modulus;
  }
  return { records: records.count, bytes: records.buffer.length, checksum };
}

export function addSummaries(a: Summary, b: Summary): Summary {
  return { records: a.records + b.records, bytes: a.bytes + b.bytes, checksum: (a.checksum + b.checksum) % modulus };
}
