import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBytes, packedPuts, putRequests, uploadBytesPerSecond } from './packing.js';
import { defaultPriceSheet } from './price-sheet-file.js';

const [store] = defaultPriceSheet().objects;

describe('put requests to an object store', () => {
  it('are one for each value while there are few', () => {
    expect(putRequests(packedPuts(100, 1000, 1, store), 1)).toBe(100);
  });

  it('are as many as shards make when values wait for each other', () => {
    expect(putRequests(packedPuts(100_000, 100, 2, store), 1)).toBeCloseTo((2 * 8 * 1000) / store.putMs, 6);
  });

  it('are those of full packs when there is more than that', () => {
    expect(putRequests(packedPuts(100_000, packBytes / 2, 1, store), 1)).toBe(50_000);
  });

  it('are those of parts when values are large', () => {
    expect(putRequests(packedPuts(1, 64 * 2 ** 20, 1, store), 1)).toBe(10);
  });

  it('never fall with the share, and are none for none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 2 ** 28 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rate, size, share) => {
          const puts = packedPuts(rate, size, 3, store);
          expect(putRequests(puts, 0)).toBe(0);
          expect(putRequests(puts, share)).toBeLessThanOrEqual(putRequests(puts, 1) + 1e-9);
          expect(putRequests(puts, share)).toBeLessThanOrEqual(puts.steep * share + 1e-9);
        },
      ),
    );
  });

  it('carry some 460 MB/s of one shard at most', () => {
    expect(uploadBytesPerSecond(1, store) / 1e6).toBeCloseTo(462, 0);
  });
});
