import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeSession } from '../node-session.js';
import { counts, heartbeatMsFor, type NodeConnection, type NodeEvent, nextConnection, stateOf } from './node-life.js';

const session = new NodeSession('n1', { send: () => {}, end: () => {} });
const other = new NodeSession('n1', { send: () => {}, end: () => {} });
const now = 1e12;
const joining: NodeConnection = { kind: 'joining', session, sinceMs: now, counted: false };
const connected = (silentMs: number, suspect = false, heartbeatMs = 1000): NodeConnection => ({
  ...{ kind: 'connected', session, heardMs: now - silentMs, suspect, heartbeatMs },
});
const awaited = (leftMs: number): NodeConnection => ({ kind: 'awaited', untilMs: now + leftMs });
const down = (forMs: number): NodeConnection => ({ kind: 'down', sinceMs: now - forMs });
const lost: NodeConnection = { kind: 'lost', sinceMs: now - 1e6 };

const joined: NodeEvent = { kind: 'joined', heartbeatMs: 1000 };
const introduced: NodeEvent = { kind: 'introduced', session: other };

describe('the life of a node', () => {
  const cases: readonly [string, NodeConnection, NodeEvent['kind'] | NodeEvent, string][] = [
    ['joining, written down', joining, joined, 'up'],
    [
      'joining, not yet written down after an hour',
      { ...joining, sinceMs: now - 3_600_000 } as NodeConnection,
      'tick',
      'joining',
    ],
    ['joining, its stream ends', joining, 'ended', 'suspect'],
    ['up, heard a moment ago', connected(900), 'tick', 'up'],
    ['up, silent for two heartbeats', connected(2400), 'tick', 'up'],
    ['up, silent for three', connected(2600), 'tick', 'suspect'],
    ['suspect, heard', connected(2600, true), 'heard', 'up'],
    ['suspect, silent for less than five heartbeats', connected(4900, true), 'tick', 'suspect'],
    ['suspect, silent for more than five', connected(5100, true), 'tick', 'down'],
    ['up, told to be heard every 4 s, silent for 9 s', connected(9000, false, 4000), 'tick', 'up'],
    ['the same, silent for 11 s', connected(11_000, false, 4000), 'tick', 'suspect'],
    ['the same, silent for 21 s', connected(21_000, false, 4000), 'tick', 'down'],
    ['up, silent for 9 s in a fleet that has grown', connected(9000), { kind: 'tick', heartbeatMs: 4000 }, 'up'],
    ['up, its stream ends', connected(0), 'ended', 'suspect'],
    ['up, leaves for good', connected(0), 'left', 'down'],
    ['awaited, in time', awaited(1), 'tick', 'suspect'],
    ['awaited, too late', awaited(-1), 'tick', 'down'],
    ['awaited, comes back', awaited(1), introduced, 'joining'],
    ['down for less than a minute', down(59_000), 'tick', 'down'],
    ['down for more than a minute', down(61_000), 'tick', 'lost'],
    ['down, a message of its old stream comes late', down(1000), 'heard', 'down'],
    ['down, its old stream ends at last', down(1000), 'ended', 'down'],
    ['down, comes back', down(1000), introduced, 'joining'],
    ['lost, a message of its old stream comes late', lost, 'heard', 'lost'],
    ['lost, time passes', lost, 'tick', 'lost'],
    ['lost, comes back', lost, introduced, 'joining'],
    ['up, hears that it has joined once more', connected(100), joined, 'up'],
    ['down, hears that its introduction is durable, too late', down(0), joined, 'down'],
  ];
  it.each(cases)('%s', (_, before, event, state) => {
    const happened: NodeEvent = typeof event === 'string' ? ({ kind: event } as NodeEvent) : event;
    expect(stateOf(nextConnection(before, happened, now), false)).toBe(state);
  });

  it('is never shorter for a clock that jumps back', () => {
    const before = connected(0);
    expect(nextConnection(before, { kind: 'heard' }, now - 3_600_000)).toEqual(before);
    expect(stateOf(nextConnection(before, { kind: 'tick' }, now - 3_600_000), false)).toBe('up');
  });

  it('is counted on while it joins if it was before: jobs that are registered as all nodes come back are not refused', () => {
    const joins = (before: NodeConnection) => counts(nextConnection(before, introduced, now));
    expect([connected(0), awaited(1), down(1000), lost].map(joins)).toEqual([true, true, false, false]);
  });

  it('says draining only of a node that is surely there', () => {
    expect(stateOf(connected(0), true)).toBe('draining');
    expect(stateOf(connected(3000, true), true)).toBe('suspect');
    expect(stateOf(down(0), true)).toBe('down');
  });

  it('goes from up to lost only by way of suspicion and death, whatever happens', () => {
    const events = fc.array(fc.tuple(fc.constantFrom<NodeEvent['kind']>('heard', 'ended', 'tick'), fc.nat(4000)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(events, (list) => {
        let connection = connected(0);
        let at = now;
        for (const [kind, passedMs] of list) {
          at += passedMs;
          const next = nextConnection(connection, { kind } as NodeEvent, at);
          if (next.kind === 'lost' && connection.kind !== 'lost') expect(connection.kind).toBe('down');
          if (counts(next)) expect(counts(connection)).toBe(true);
          connection = next;
        }
      }),
    );
  });
});

it('many nodes are heard less often each', () => {
  expect([1, 500, 1000, 100_000].map(heartbeatMsFor)).toEqual([1000, 1000, 2000, 10_000]);
});
