import { checkName } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import type { Jobs } from '../jobs.js';
import type { Fleet } from '../nodes.js';
import { type UnaryParts, unary } from '../unary.js';
import type { NamespaceLimits } from './limits.js';
import type { NamespaceView } from './namespaces.js';

/** Methods of the control API about namespaces. */
export function namespaceHandlers(
  parts: UnaryParts & { readonly jobs: Jobs; readonly fleet: Fleet },
): Pick<wire.JobsHandlers, 'SetNamespace' | 'ListNamespaces'> {
  const { jobs, fleet } = parts;
  const shown = (views: readonly NamespaceView[]) => {
    const rooms = fleet.rooms(jobs.reserved);
    const free = rooms.nodes.reduce((sum, node) => sum + node.dramFreeBytes + node.ssdFreeBytes, 0);
    const shares = jobs.namespaces.shares(free);
    const all = free + jobs.namespaces.list().reduce((sum, { totals }) => sum + totals.reservedBytes, 0);
    return views.map((view) => toWire(view, all > 0 ? (shares.get(view.namespace) ?? 0) / all : 0));
  };
  return {
    SetNamespace: unary(parts, 'SetNamespace', async ({ namespace, limits, unset }) => {
      const view = await jobs.namespaces.set(checkName('namespace', namespace), readLimits(limits), unset);
      return shown([view])[0] ?? {};
    }),
    ListNamespaces: unary(parts, 'ListNamespaces', ({ namespace }) => ({
      namespaces: shown(namespace === '' ? jobs.namespaces.list() : [jobs.namespaces.view(namespace)]),
    })),
  };
}

function readLimits(limits: wire.NamespaceLimits__Output | null): NamespaceLimits {
  const { jobs, bytes, nodes, weight } = limits ?? {};
  return {
    ...(jobs !== undefined && { jobs }),
    ...(bytes !== undefined && { bytes }),
    ...(nodes !== undefined && { nodes }),
    ...(weight !== undefined && { weight }),
  };
}

function toWire({ namespace, limits, totals }: NamespaceView, share: number): wire.Namespace {
  const { jobs, bytes, missingBytes, nodes } = totals;
  return { namespace, limits: { ...limits }, jobs, bytes, missingBytes, nodes: nodes.size, share };
}
