import type { Records } from './records.mjs';

/** Below this, a record's number fits beside its key's four first bytes in the 53 bits of a double. */
const packedRecords = 2 ** 21;

/** The numbers of the records in ascending order of their keys. */
export function sortedOrder(records: Records): Uint32Array {
  return records.count <= packedRecords ? packedOrder(records) : comparedOrder(records);
}

/** Sorts doubles of key prefix and record number natively, then the runs whose prefixes are equal by comparison. */
function packedOrder(records: Records): Uint32Array {
  const packed = new Float64Array(records.count);
  for (let index = 0; index < packed.length; index++) packed[index] = records.prefix(index) * packedRecords + index;
  packed.sort();
  const order = Uint32Array.from(packed, (value) => value % packedRecords);
  for (let from = 0; from < order.length; ) {
    const prefix = Math.floor((packed[from] as number) / packedRecords);
    let to = from + 1;
    while (to < order.length && Math.floor((packed[to] as number) / packedRecords) === prefix) to++;
    if (to - from > 1) order.subarray(from, to).sort((a, b) => records.compare(a, records, b));
    from = to;
  }
  return order;
}

function comparedOrder(records: Records): Uint32Array {
  return Uint32Array.from({ length: records.count }, (_, index) => index).sort(
    (a, b) => records.prefix(a) - records.prefix(b) || records.compare(a, records, b),
  );
}

/** Positions in `order` at which each partition begins, one more than there are: partition p has the keys in [boundaries[p-1], boundaries[p]). */
export function partitionStarts(records: Records, order: Uint32Array, boundaries: readonly Buffer[]): number[] {
  const starts = boundaries.map((boundary) => {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (records.compareKey(order[middle] as number, boundary) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  });
  return [0, ...starts, order.length];
}

/** The records `order[from, to)`, one behind the other. */
export function gather(records: Records, order: Uint32Array, from: number, to: number): Buffer {
  let bytes = 0;
  for (let at = from; at < to; at++) bytes += records.end(order[at] as number) - records.start(order[at] as number);
  const gathered = Buffer.allocUnsafe(bytes);
  let written = 0;
  for (let at = from; at < to; at++) {
    const index = order[at] as number;
    written += records.buffer.copy(gathered, written, records.start(index), records.end(index));
  }
  return gathered;
}

/** Splits sampled keys into `parts` ranges of equal share: the keys at which the 2nd, 3rd … begin. */
export function chooseBoundaries(sample: readonly Buffer[], parts: number): Buffer[] {
  const sorted = [...sample].sort(Buffer.compare);
  return Array.from(
    { length: parts - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / parts)] ?? Buffer.alloc(0),
  );
}
