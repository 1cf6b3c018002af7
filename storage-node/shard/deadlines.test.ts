import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Deadline, Deadlines } from './deadlines.js';
import { ManualClock } from './testing/manual-clock.js';

describe('deadlines', () => {
  test('fall due in order, each once, whatever was removed, with one timer at most', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), value: fc.nat(1000) }),
      fc.record({ kind: fc.constant('remove' as const), value: fc.nat(50) }),
      fc.record({ kind: fc.constant('advance' as const), value: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const clock = new ManualClock(0);
        const deadlines = new Deadlines(clock);
        let pending: Deadline[] = [];
        const due: Deadline[] = [];
        for (const { kind, value } of steps) {
          if (kind === 'add') {
            const deadline: Deadline = { atMs: clock.nowMs + value, place: -1, due: () => due.push(deadline) };
            deadlines.add(deadline);
            pending.push(deadline);
          } else if (kind === 'remove') {
            const [removed] = pending.splice(value, 1);
            if (removed !== undefined) deadlines.remove(removed);
          } else {
            clock.advance(value);
            const expected = pending.filter(({ atMs }) => atMs <= clock.nowMs).map(({ atMs }) => atMs);
            expect(due.splice(0).map(({ atMs }) => atMs)).toEqual(expected.sort((left, right) => left - right));
            pending = pending.filter(({ atMs }) => atMs > clock.nowMs);
          }
          expect(deadlines.size).toBe(pending.length);
          expect(clock.timers).toBeLessThanOrEqual(1);
          if (pending.length === 0) expect(clock.timers).toBe(0);
        }
      }),
    );
  });
});
