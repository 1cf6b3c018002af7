import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addSummaries, emptySummary, summarize } from './checksum.mjs';
import { distributions, generateRecords } from './generate.mjs';
import { mergeRuns } from './merge.mjs';
import { chooseBoundaries, gather, partitionStarts, sortedOrder } from './order.mjs';
import { type Layout, Records, sortBenchmarkLayout } from './records.mjs';

const tiny = { kind: 'fixed', recordBytes: 5, keyBytes: 3 } as const;
const lines = { kind: 'lines' } as const;

/** Buffers of whole records with few distinct bytes, so that equal keys and equal prefixes are common. */
const fixedInput = fc
  .array(fc.uint8Array({ minLength: 5, maxLength: 5, max: 3 }), { maxLength: 60 })
  .map((records) => [tiny as Layout, Buffer.concat(records)] as const);
const lineInput = fc
  .array(fc.stringMatching(/^[ab\t]{0,6}$/), { maxLength: 60 })
  .map((texts) => [lines as Layout, Buffer.from(texts.map((text) => `${text}\n`).join(''))] as const);
const input = fc.oneof(fixedInput, lineInput);

function list(buffer: Buffer, layout: Layout): Buffer[] {
  const records = new Records(buffer, layout);
  return Array.from({ length: records.count }, (_, index) => buffer.subarray(records.start(index), records.end(index)));
}

function keyOf(record: Buffer, layout: Layout): Buffer {
  return layout.kind === 'fixed' ? record.subarray(0, layout.keyBytes) : record.subarray(0, -1);
}

function isSorted(buffer: Buffer, layout: Layout): boolean {
  const keys = list(buffer, layout).map((record) => keyOf(record, layout));
  return keys.every((key, index) => index === 0 || Buffer.compare(keys[index - 1] as Buffer, key) <= 0);
}

test('sorted, cut into partitions and merged again, the records are those of the input in order', () => {
  fc.assert(
    fc.property(fc.array(input, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 5 }), (inputs, reducers) => {
      const layout = (inputs[0] as (typeof inputs)[0])[0];
      const splits = inputs.filter(([other]) => other === layout).map(([, buffer]) => new Records(buffer, layout));
      const sample = splits.flatMap((records) => Array.from({ length: records.count }, (_, index) => records.key(index)));
      const boundaries = chooseBoundaries(sample, reducers);
      const pieces = splits.map((records) => {
        const order = sortedOrder(records);
        const starts = partitionStarts(records, order, boundaries);
        return Array.from({ length: reducers }, (_, part) =>
          gather(records, order, starts[part] as number, starts[part + 1] as number),
        );
      });
      const merged: Buffer[] = [];
      for (let part = 0; part < reducers; part++) {
        const runs = pieces.map((piece) => new Records(piece[part] as Buffer, layout));
        mergeRuns(runs, (buffer, start, end) => merged.push(Buffer.from(buffer.subarray(start, end))));
      }
      const output = Buffer.concat(merged);
      expect(isSorted(output, layout)).toBe(true);
      const before = splits.map(summarize).reduce(addSummaries, emptySummary);
      expect(summarize(new Records(output, layout))).toEqual(before);
    }),
  );
});

describe('generated records', () => {
  test.each(distributions)('%s: the same for the same seed, whole, and of the layout', (distribution) => {
    const layout = sortBenchmarkLayout as Layout & { kind: 'fixed' };
    const buffer = generateRecords(layout, 5, 1000, 1, distribution);
    expect(buffer).toHaveLength(100_000);
    expect(buffer.equals(generateRecords(layout, 5, 1000, 1, distribution))).toBe(true);
    expect(buffer.equals(generateRecords(layout, 5, 1000, 2, distribution))).toBe(false);
    expect(buffer.toString('latin1', 12, 44)).toBe('5'.padStart(32, '0'));
  });

  test('duplicates come from a thousand keys, skewed ones crowd in a hundredth of the key space', () => {
    const layout = sortBenchmarkLayout as Layout & { kind: 'fixed' };
    const keysOf = (distribution: 'duplicates' | 'skewed' | 'uniform') => {
      const records = new Records(generateRecords(layout, 0, 20_000, 7, distribution), layout);
      return Array.from({ length: records.count }, (_, index) => records.key(index));
    };
    const distinct = new Set(keysOf('duplicates').map((key) => key.toString('hex'))).size;
    expect(distinct).toBeGreaterThan(900);
    expect(distinct).toBeLessThanOrEqual(1000);
    const crowded = (distribution: 'skewed' | 'uniform') =>
      keysOf(distribution).filter((key) => key.readUInt16BE() < 656).length / 20_000;
    expect(crowded('skewed')).toBeGreaterThan(0.75);
    expect(crowded('uniform')).toBeLessThan(0.02);
  });
});

test('half a record or a last line without its newline is refused', () => {
  expect(() => new Records(Buffer.alloc(7), tiny)).toThrow('not whole records');
  expect(() => new Records(Buffer.from('a\nb'), lines)).toThrow('no newline');
});

test('a changed byte changes the checksum, another order does not', () => {
  const sum = (text: string) => summarize(new Records(Buffer.from(text), lines)).checksum;
  expect(sum('a\nb\n')).toBe(sum('b\na\n'));
  expect(sum('a\nb\n')).not.toBe(sum('a\nc\n'));
});
