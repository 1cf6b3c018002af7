import { SatchelError } from '@satchel/proto/core';
import type { Waiters } from '../waiters.js';
import type { NodeView } from './fleet-events.js';
import { addressOf, type NodeIntroduction } from './node-records.js';

/**
 * A node that was killed and starts again may be back before its old stream is seen to end: whoever is connected under its
 * name from another address has two heartbeats' time to be heard. Throws `unavailable` if it is.
 */
export async function checkNotTaken(
  introduction: NodeIntroduction,
  known: NodeView | undefined,
  rivals: Waiters<'there' | 'gone'>,
): Promise<void> {
  if (known?.connection.kind !== 'connected' || addressOf(known.record) === addressOf(introduction)) return;
  const patienceMs = 2 * known.connection.heartbeatMs;
  if ((await rivals.wait(introduction.node, patienceMs, 'gone')) === 'gone') return;
  throw new SatchelError(
    'unavailable',
    `a node named ${introduction.node} is already up at ${addressOf(known.record)}; give this one another --id`,
  );
}
