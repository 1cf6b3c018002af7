import type { NodeView } from './nodes.js';

/** How long a node without jobs may be down before it is forgotten. */
const forgetNodeMs = 24 * 3600 * 1000;

/** What is to be done about a node: tell it to leave, or forget it because it has left. */
export type NodeStep = 'none' | 'dismiss' | 'forget';

/**
 * Decides from what the controller knows of a node. `needed`: a job is active there, or has ended and is yet to be purged there; a
 * draining node gets no new ones. One whose stream broke may come back, still draining, and is told again.
 */
export function nextStep(
  { record, connection }: Pick<NodeView, 'connection'> & { readonly record: { readonly draining: boolean } },
  needed: boolean,
  nowMs: number,
): NodeStep {
  if (needed || connection.kind === 'awaited' || connection.kind === 'joining') return 'none';
  if (connection.kind === 'connected') return record.draining ? 'dismiss' : 'none';
  return record.draining || connection.sinceMs < nowMs - forgetNodeMs ? 'forget' : 'none';
}
