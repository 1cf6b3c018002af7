import { describe, expect, it } from 'vitest';
import type { NodeConnection } from './fleet/node-life.js';
import { NodeSession } from './node-session.js';
import { nextStep } from './node-step.js';

const nowMs = 1e12;
const dayMs = 24 * 3600 * 1000;
const session = new NodeSession('n1', { send: () => {}, end: () => {} });
const connected: NodeConnection = { kind: 'connected', session, heardMs: nowMs, suspect: false, heartbeatMs: 1000 };
const awaited: NodeConnection = { kind: 'awaited', untilMs: nowMs + 1000 };
const down = (forMs: number): NodeConnection => ({ kind: 'down', sinceMs: nowMs - forMs });

const stepOf = (connection: NodeConnection, draining: boolean, needed = false) =>
  nextStep({ connection, record: { draining } }, needed, nowMs);

describe('a node', () => {
  it('that drains is told to leave once no job needs it', () => {
    expect(stepOf(connected, true, true)).toBe('none');
    expect(stepOf(connected, true)).toBe('dismiss');
    expect(stepOf(connected, false)).toBe('none');
  });

  it('that drained is forgotten when it is down, not while it may come back', () => {
    expect(stepOf(awaited, true)).toBe('none');
    expect(stepOf(down(0), true)).toBe('forget');
    expect(stepOf(down(0), true, true)).toBe('none');
  });

  it('that is down without draining is forgotten after a day, unless it has jobs', () => {
    expect(stepOf(down(dayMs), false)).toBe('none');
    expect(stepOf(down(dayMs + 1), false)).toBe('forget');
    expect(stepOf(down(dayMs + 1), false, true)).toBe('none');
  });
});
