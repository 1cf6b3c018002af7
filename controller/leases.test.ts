import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinHeap } from './heap.js';
import { LeaseTable } from './leases.js';
import { FakeClock } from './testing/fake-clock.js';

function leases() {
  const clock = new FakeClock();
  const lapsed: string[] = [];
  return { clock, lapsed, table: new LeaseTable(clock, (job) => lapsed.push(job)) };
}

describe('leases', () => {
  it('lapse when they are not renewed, each once', () => {
    const { clock, lapsed, table } = leases();
    table.grant('a', 5000);
    table.grant('b', 10_000);
    clock.advance(4900);
    expect(lapsed).toEqual([]);
    clock.advance(400);
    expect(lapsed).toEqual(['a']);
    clock.advance(60_000);
    expect(lapsed).toEqual(['a', 'b']);
    expect(table.expiresMs('a')).toBeUndefined();
  });

  it('last a full period from each renewal', () => {
    const { clock, lapsed, table } = leases();
    table.grant('a', 5000);
    for (let renewal = 0; renewal < 10; renewal++) {
      clock.advance(4000);
      expect(table.grant('a', 5000)).toBe(clock.now() + 5000);
    }
    expect(lapsed).toEqual([]);
    expect(table.expiresMs('a')).toBe(clock.now() + 5000);
    clock.advance(5500);
    expect(lapsed).toEqual(['a']);
  });

  it('do not lapse when the process was stopped and could hear no renewal', () => {
    const { clock, lapsed, table } = leases();
    table.grant('a', 5000);
    clock.advance(1000);
    clock.skip(600_000);
    clock.advance(2000);
    expect(lapsed).toEqual([]);
    clock.advance(2500);
    expect(lapsed).toEqual(['a']);
  });

  it('that are dropped do not lapse', () => {
    const { clock, lapsed, table } = leases();
    for (let job = 0; job < 5000; job++) table.grant(`j${job}`, 5000);
    for (let job = 0; job < 4999; job++) table.drop(`j${job}`);
    clock.advance(6000);
    expect(lapsed).toEqual(['j4999']);
  });
});

describe('heap', () => {
  it('gives items in the order of their keys', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), (keys) => {
        const heap = new MinHeap<number>();
        for (const key of keys) heap.push(key, key);
        const taken: number[] = [];
        for (let item = heap.popUpTo(50); item !== undefined; item = heap.popUpTo(50)) taken.push(item);
        expect(taken).toEqual(keys.filter((key) => key <= 50).sort((a, b) => a - b));
        expect(heap.size).toBe(keys.filter((key) => key > 50).length);
      }),
    );
  });
});
