import { SatchelError } from '@satchel/proto/core';
import type { NodeProvider } from './node-provider.js';

/** Nodes that somebody else starts and stops: the autoscaler only says what it would do. */
export const staticProvider: NodeProvider = {
  kind: 'static',
  shapes: [],
  nodes: () => Promise.resolve([]),
  start: () => Promise.reject(new SatchelError('unavailable', 'the static provider starts no nodes')),
  removable: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
