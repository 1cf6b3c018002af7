import type { NodeSession } from '../node-session.js';

/**
 * How a node is reached.
 * - `joining`: it has introduced itself, which is being written down. Counted on if it was before.
 * - `connected`: `suspect` if it has said nothing for longer than it should have. Gets new jobs only if no node is above suspicion.
 * - `awaited`: its stream ended, or the controller has just started. Suspect, too, and still up for those who have data there.
 * - `down`: it did not come back in time. Its jobs keep their slots.
 * - `lost`: it has been down for so long that it is given up; slots of its jobs get new owners. It may still return.
 */
export type NodeConnection =
  | { readonly kind: 'joining'; readonly session: NodeSession; readonly sinceMs: number; readonly counted: boolean }
  | {
      readonly kind: 'connected';
      readonly session: NodeSession;
      readonly heardMs: number;
      readonly suspect: boolean;
      /** How often it was told to say that it lives. */
      readonly heartbeatMs: number;
    }
  | { readonly kind: 'awaited'; readonly untilMs: number }
  | { readonly kind: 'down'; readonly sinceMs: number }
  | { readonly kind: 'lost'; readonly sinceMs: number };

/** What happens to a node. */
export type NodeEvent =
  /** It introduced itself. */
  | { readonly kind: 'introduced'; readonly session: NodeSession }
  /** Its introduction is durable. */
  | { readonly kind: 'joined'; readonly heartbeatMs: number }
  /** Something came on its present stream. */
  | { readonly kind: 'heard' }
  /** The stream ended. */
  | { readonly kind: 'ended' }
  /** It said that it leaves for good. */
  | { readonly kind: 'left' }
  /** Time has passed; nodes of this fleet are told to be heard so often by now. */
  | { readonly kind: 'tick'; readonly heartbeatMs?: number };

/** Times of a node's life. */
export interface LifeTimes {
  /** Silence after which a node is suspect, and after which it is down, in heartbeats of that node. */
  readonly suspectHeartbeats: number;
  readonly downHeartbeats: number;
  /** The least of the two. */
  readonly leastSuspectMs: number;
  readonly leastDownMs: number;
  /** How long a node whose stream ended may take to come back before it is down. */
  readonly graceMs: number;
  /** How long a node may be down before it is given up. */
  readonly forgetAfterMs: number;
  /** How often each node of a fleet of so many is to say that it lives. */
  readonly heartbeatMs: (nodes: number) => number;
}

/** The times unless told otherwise. */
export const lifeTimes: LifeTimes = {
  suspectHeartbeats: 2.5,
  downHeartbeats: 5,
  leastSuspectMs: 2500,
  leastDownMs: 5000,
  graceMs: 3000,
  forgetAfterMs: 60_000,
  heartbeatMs: heartbeatMsFor,
};

/** Heartbeats per second that a controller takes from its whole fleet. */
const heartbeatsPerSecond = 500;
const leastHeartbeatMs = 1000;
const mostHeartbeatMs = 10_000;

/** How often each node of a fleet is to say that it lives. */
export function heartbeatMsFor(nodes: number): number {
  return Math.min(mostHeartbeatMs, Math.max(leastHeartbeatMs, Math.ceil((nodes * 1000) / heartbeatsPerSecond)));
}

/** What becomes of a node's connection. The same object if nothing does. Pure. */
export function nextConnection(
  before: NodeConnection,
  event: NodeEvent,
  nowMs: number,
  times: LifeTimes = lifeTimes,
): NodeConnection {
  switch (event.kind) {
    case 'introduced':
      return { kind: 'joining', session: event.session, sinceMs: nowMs, counted: counts(before) };
    case 'joined':
      return before.kind === 'joining'
        ? { kind: 'connected', session: before.session, heardMs: nowMs, suspect: false, heartbeatMs: event.heartbeatMs }
        : before;
    case 'heard':
      return before.kind === 'connected' ? { ...before, heardMs: Math.max(before.heardMs, nowMs), suspect: false } : before;
    case 'ended':
      return hasSession(before) ? { kind: 'awaited', untilMs: nowMs + times.graceMs } : before;
    case 'left':
      return { kind: 'down', sinceMs: nowMs };
    case 'tick':
      return afterTime(before, nowMs, times, event.heartbeatMs ?? 0);
  }
}

function afterTime(before: NodeConnection, nowMs: number, times: LifeTimes, fleetHeartbeatMs: number): NodeConnection {
  switch (before.kind) {
    case 'joining':
      return before;
    case 'connected': {
      const silentMs = nowMs - before.heardMs;
      const everyMs = Math.max(before.heartbeatMs, fleetHeartbeatMs);
      if (silentMs > Math.max(times.leastDownMs, times.downHeartbeats * everyMs)) return { kind: 'down', sinceMs: nowMs };
      const suspect = silentMs > Math.max(times.leastSuspectMs, times.suspectHeartbeats * everyMs);
      return suspect === before.suspect ? before : { ...before, suspect };
    }
    case 'awaited':
      return nowMs > before.untilMs ? { kind: 'down', sinceMs: nowMs } : before;
    case 'down':
      return nowMs - before.sinceMs > times.forgetAfterMs ? { kind: 'lost', sinceMs: nowMs } : before;
    case 'lost':
      return before;
  }
}

/** Whether a stream of the node is open. */
export function hasSession(connection: NodeConnection): connection is NodeConnection & { readonly session: NodeSession } {
  return connection.kind === 'connected' || connection.kind === 'joining';
}

/** Whether those who have data on a node may still reach it, as far as is known. */
export function counts(connection: NodeConnection): boolean {
  return connection.kind === 'joining' ? connection.counted : connection.kind === 'connected' || connection.kind === 'awaited';
}

/** Whether a node is there without a doubt. */
export function isTrusted(connection: NodeConnection): boolean {
  return connection.kind === 'connected' && !connection.suspect;
}

/** A node's state as people see it. */
export type NodeState = 'joining' | 'up' | 'draining' | 'suspect' | 'down' | 'lost';

/** How a node is called. */
export function stateOf(connection: NodeConnection, draining: boolean): NodeState {
  if (connection.kind === 'awaited') return 'suspect';
  if (connection.kind !== 'connected') return connection.kind;
  if (connection.suspect) return 'suspect';
  return draining ? 'draining' : 'up';
}
