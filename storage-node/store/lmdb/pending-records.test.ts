import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { PendingRecords } from './pending-records.js';

/** Two keys of one hash: `find` must tell them apart by their bytes. */
function keyOf(number: number): Key {
  const key = Key.of(`key-${number}`);
  if (number % 5 === 0) key.hash = 12345;
  return key;
}

/** Compared as text: thousands of buffers would be compared byte by byte. */
function textOf(record: Uint8Array | undefined): string | undefined {
  return record && Buffer.from(record).toString('latin1');
}

const change = fc.record({ number: fc.nat(400), bytes: fc.option(fc.nat(300), { nil: undefined }) });
const batch = fc.array(change, { maxLength: 600, size: 'max' });

test('changes are found, visited once each in the order of their keys’ first change, and forgotten, as in a map', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 4 }), (batches) => {
      const pending = new PendingRecords();
      for (const changes of batches) {
        const model = new Map<number, Buffer | undefined>();
        for (const { number, bytes } of changes) {
          const record = bytes === undefined ? undefined : Buffer.alloc(bytes, number + bytes);
          if (record === undefined) pending.remove(keyOf(number));
          else record.copy(pending.set(keyOf(number), record.length));
          model.set(number, record);
        }
        expect(pending.size).toBe(model.size);
        for (let number = 0; number <= 400; number += 7) {
          const entry = pending.find(keyOf(number));
          expect(entry >= 0).toBe(model.has(number));
          if (entry >= 0) expect(textOf(pending.recordOf(entry))).toBe(textOf(model.get(number)));
        }
        const visited: string[] = [];
        pending.each(({ buffer, start, end }, record) => {
          visited.push(`${buffer.toString('latin1', start + 4, end)} ${textOf(record)}`);
        });
        expect(visited).toEqual([...model].map(([number, record]) => `key-${number} ${textOf(record)}`));
        pending.clear();
        expect([pending.size, pending.byteLength, pending.find(keyOf(0))]).toEqual([0, 0, -1]);
      }
    }),
    { numRuns: 60 },
  );
});
