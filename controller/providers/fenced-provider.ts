import { SatchelError } from '@satchel/proto/core';
import type { NodeProvider } from './node-provider.js';

/** A provider that starts and takes away nothing once its controller does not lead any more: another decides that now. */
export function fencedProvider(provider: NodeProvider, leads: () => boolean): NodeProvider {
  const check = () => {
    if (!leads()) throw new SatchelError('unavailable', 'this controller does not lead any more and leaves the fleet as it is');
  };
  return {
    kind: provider.kind,
    shapes: provider.shapes,
    nodes: () => provider.nodes(),
    start: async (shape, count) => {
      check();
      return provider.start(shape, count);
    },
    removable: (nodes) => provider.removable(nodes),
    remove: async (node) => {
      check();
      return provider.remove(node);
    },
    close: () => provider.close(),
  };
}
