import { rangesFromWeights, type SlotRange, shardOfSlot, slotCount } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Emptied,
  holdersIn,
  type PreviousOwner,
  previousAfter,
  type SlotSpan,
  withContentsLost,
  withLost,
  withoutEmptied,
} from './previous-owners.js';
import { reassign, type SlotWeight } from './reassign.js';
import { movesBetween } from './segments.js';

/** One change of a job's slots, and what a slot's chain is to become, said for one slot at a time. */
type Change =
  | { readonly kind: 'moved'; readonly to: readonly SlotWeight[]; readonly lost: readonly number[] }
  | { readonly kind: 'emptied'; readonly reports: readonly (Omit<Emptied, 'epoch'> & { readonly late: number })[] }
  | { readonly kind: 'lost'; readonly shard: number };
type Link = Pick<PreviousOwner, 'shard' | 'epoch' | 'lost'>;

const shard = fc.integer({ min: 1, max: 6 });
const span = fc
  .tuple(fc.nat(slotCount), fc.nat(slotCount))
  .map(([a, b]): SlotSpan => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const weights = fc.uniqueArray(fc.record({ shard, weight: fc.integer({ min: 1, max: 5 }) }), {
  minLength: 1,
  selector: (weight) => weight.shard,
});
const report = fc.record({ shard, spans: fc.array(span, { maxLength: 3 }), late: fc.nat(2) });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('moved' as const), to: weights, lost: fc.array(shard, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant('emptied' as const), reports: fc.array(report, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('lost' as const), shard }),
);
/** Slots that are looked at one by one: enough to be on all sides of every cut that few shards make. */
const samples = Array.from({ length: 257 }, (_, index) => Math.min(slotCount - 1, index * 64));

class Model {
  readonly chains = new Map<number, Link[]>(samples.map((slot) => [slot, []]));

  moved(before: readonly SlotRange[], after: readonly SlotRange[], epoch: number, lost: ReadonlySet<number>): void {
    for (const [slot, chain] of this.chains) {
      const [from, to] = [shardOfSlot({ epoch, ranges: before }, slot), shardOfSlot({ epoch, ranges: after }, slot)];
      if (from === to) continue;
      const gone = lost.has(from);
      const rest = chain.filter((link) => link.shard !== from || (link.lost && !gone));
      this.chains.set(slot, [{ shard: from, epoch, lost: gone }, ...rest]);
    }
  }

  emptied({ shard, spans, epoch }: Emptied): void {
    for (const [slot, chain] of this.chains) {
      if (!spans.some(({ start, end }) => start <= slot && slot < end)) continue;
      this.chains.set(
        slot,
        chain.filter((link) => link.lost || link.shard !== shard || link.epoch > epoch),
      );
    }
  }

  lost(shard: number): void {
    for (const [slot, chain] of this.chains) {
      if (!chain.some((link) => link.shard === shard && !link.lost)) continue;
      const rest = chain.filter((link) => link.shard !== shard || !link.lost);
      this.chains.set(
        slot,
        rest.map((link) => (link.shard === shard ? { ...link, lost: true } : link)),
      );
    }
  }
}

function chainOf(previous: readonly PreviousOwner[], slot: number): Link[] {
  return previous
    .filter(({ start, end }) => start <= slot && slot < end)
    .sort((a, b) => b.epoch - a.epoch)
    .map(({ shard, epoch, lost }) => ({ shard, epoch, lost }));
}

describe('previous owners', () => {
  it('of every slot are those that a model of single slots has, whatever happens to it', () => {
    fc.assert(
      fc.property(weights, fc.array(change, { maxLength: 12 }), (first, changes) => {
        const model = new Model();
        let ranges = rangesFromWeights(first);
        let previous: PreviousOwner[] = [];
        let epoch = 1;
        for (const change of changes) {
          if (change.kind === 'moved') {
            const after = reassign(ranges, change.to);
            const lost = new Set(change.lost);
            epoch++;
            previous = previousAfter(previous, movesBetween(ranges, after), epoch, lost);
            model.moved(ranges, after, epoch, lost);
            ranges = after;
          } else if (change.kind === 'emptied') {
            const reports = change.reports.map(({ late, ...report }) => ({ ...report, epoch: epoch - late }));
            previous = [...withoutEmptied(previous, reports)];
            for (const report of reports) model.emptied(report);
          } else {
            previous = [...withLost(previous, new Set([change.shard]))];
            model.lost(change.shard);
          }
          for (const [slot, chain] of model.chains) expect(chainOf(previous, slot)).toEqual(chain);
          expect(previous.every(({ start, end }) => start < end)).toBe(true);
          expect(previous.toSorted((a, b) => a.start - b.start || b.epoch - a.epoch)).toEqual(previous);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are named once each, also those that have their slots again', () => {
    const [a, b] = [rangesFromWeights([{ shard: 1, weight: 1 }]), rangesFromWeights([{ shard: 2, weight: 1 }])];
    const there = previousAfter([], movesBetween(a, b), 2);
    expect(there).toEqual([moved(1, 2)]);
    const back = previousAfter(there, movesBetween(b, a), 3);
    expect(back).toEqual([moved(2, 3), moved(1, 2)]);
    expect(previousAfter(back, movesBetween(a, b), 4)).toEqual([moved(1, 4), moved(2, 3)]);
  });

  const moved = (shard: number, epoch: number, start = 0, end = slotCount): PreviousOwner => ({
    ...{ start, end, shard, epoch, lost: false },
  });

  it('that hold nothing any more are left out, but not for what they had again since', () => {
    const entries = [moved(2, 3, 0, 100), moved(1, 2, 0, 100)];
    const all = [{ start: 0, end: slotCount }];
    expect(withoutEmptied(entries, [{ shard: 1, epoch: 2, spans: [{ start: 10, end: 20 }] }])).toEqual([
      moved(2, 3, 0, 100),
      moved(1, 2, 0, 10),
      moved(1, 2, 20, 100),
    ]);
    expect(withoutEmptied(entries, [{ shard: 2, epoch: 2, spans: all }])).toBe(entries);
    expect(withoutEmptied(entries, [{ shard: 2, epoch: 4, spans: all }])).toEqual([moved(1, 2, 0, 100)]);
  });

  it('that are gone for good stay as lost, though the slots come back to their shard', () => {
    const [a, b] = [rangesFromWeights([{ shard: 1, weight: 1 }]), rangesFromWeights([{ shard: 2, weight: 1 }])];
    const lost = previousAfter([], movesBetween(a, b), 2, new Set([1]));
    expect(lost).toEqual([{ ...moved(1, 2), lost: true }]);
    expect(previousAfter(lost, movesBetween(b, a), 3)).toEqual([moved(2, 3), { ...moved(1, 2), lost: true }]);
    expect(withoutEmptied(lost, [{ shard: 1, epoch: 9, spans: [{ start: 0, end: slotCount }] }])).toEqual(lost);
    expect(withLost([moved(1, 2)], new Set([1]))).toEqual(lost);
  });

  it('that have lost what they held, and go on, are lost of the slots they have too', () => {
    const ranges = [
      { start: 0, shard: 1 },
      { start: 8192, shard: 2 },
    ];
    const before = [moved(2, 3, 0, 8192), { ...moved(1, 2, 0, 100), lost: true }];
    expect(withContentsLost(before, ranges, new Set([1]), 4)).toEqual([
      { ...moved(1, 4, 0, 8192), lost: true },
      moved(2, 3, 0, 8192),
    ]);
    expect(withContentsLost(before, ranges, new Set([2]), 4)).toEqual([
      { ...moved(2, 3, 0, 8192), lost: true },
      { ...moved(1, 2, 0, 100), lost: true },
      { ...moved(2, 4, 8192), lost: true },
    ]);
  });

  it('that may hold something are known', () => {
    expect(holdersIn([moved(2, 3), moved(2, 2), { ...moved(1, 2), lost: true }])).toEqual([2]);
  });
});
