import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinHeap } from './heap.js';
import { LeaseTable } from './leases.js';
import { FakeClock } from './testing/fake-clock.js';

function leases() {
  const clock = new FakeClock();
  const lapsed: string[] = [];
  const warned: { key: string; inMs: number }[] = [];
  const table = new LeaseTable(clock, {
    warned: (key, expiresMs) => warned.push({ key, inMs: expiresMs - clock.now() }),
    lapsed: (key) => lapsed.push(key),
  });
  return { clock, lapsed, warned, table };
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

  it('give a warning when a third is left, once between two renewals', () => {
    const { clock, lapsed, warned, table } = leases();
    table.grant('a', 6000);
    clock.advance(3900);
    expect(warned).toEqual([]);
    clock.advance(300);
    expect(warned).toEqual([{ key: 'a', inMs: 2000 }]);
    clock.advance(1000);
    table.grant('a', 6000);
    clock.advance(3900);
    expect(warned).toHaveLength(1);
    clock.advance(350);
    expect(warned).toHaveLength(2);
    expect(lapsed).toEqual([]);
    clock.advance(2000);
    expect([warned.length, lapsed]).toEqual([2, ['a']]);
  });

  it('behave as a model says, however they are granted, renewed for other periods and dropped', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      action: fc.constantFrom('grant', 'drop', 'nothing'),
      leaseMs: fc.integer({ min: 4, max: 40 }).map((quarters) => 250 * quarters),
      thenMs: fc.integer({ min: 0, max: 8 }).map((quarters) => 250 * quarters),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, lapsed, warned, table } = leases();
        const model = new Map<string, { untilMs: number; warnMs: number; warned: boolean }>();
        const expected = { lapsed: [] as string[], warned: 0 };
        for (const { key, action, leaseMs, thenMs } of steps) {
          const now = clock.now();
          if (action === 'grant') {
            table.grant(key, leaseMs);
            model.set(key, { untilMs: now + leaseMs, warnMs: now + (leaseMs * 2) / 3, warned: false });
          } else if (action === 'drop') {
            table.drop(key);
            model.delete(key);
          }
          clock.advance(thenMs);
          for (const [name, lease] of model) {
            if (
              !lease.warned &&
              lease.warnMs <= clock.now() &&
              lease.untilMs > Math.ceil((lease.warnMs - now) / 250) * 250 + now
            ) {
              lease.warned = true;
              expected.warned++;
            }
            if (lease.untilMs > clock.now()) continue;
            model.delete(name);
            expected.lapsed.push(name);
          }
          expect(lapsed.toSorted()).toEqual(expected.lapsed.toSorted());
        }
        expect(warned).toHaveLength(expected.warned);
      }),
    );
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
