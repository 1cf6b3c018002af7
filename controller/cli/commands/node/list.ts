import { formatBytes } from '@satchel/proto/core';
import type { Node__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { table } from '../../output.js';

/** `node list`: the fleet's storage nodes. */
export function addNodeList(parent: Command, io: CliProcess): void {
  newCommand(parent, 'list', 'list storage nodes').action((_options: unknown, command: Command) => list(command, io));
}

async function list(command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { nodes } = await withController(context, (channel) => channel.call(channel.fleet, channel.fleet.listNodes, {}));
  context.output.result({ nodes }, () => nodesTable(nodes));
}

/** Nodes for people. */
export function nodesTable(nodes: readonly Node__Output[]): string {
  return table(
    ['NODE', 'STATE', 'HOST', 'SHARDS', 'DRAM USED', 'DRAM', 'SSD USED', 'SSD', 'JOBS', 'CPU'],
    nodes.map((node) => [
      node.node,
      node.state,
      node.host,
      node.shards
        .map(({ endpointPort, state }) => (state === 'down' ? `${endpointPort} (down)` : String(endpointPort)))
        .join(' '),
      formatBytes(node.usage?.dramUsedBytes ?? 0),
      formatBytes(node.dramBytes),
      formatBytes(node.usage?.ssdUsedBytes ?? 0),
      formatBytes(node.ssdBytes),
      String(node.jobs),
      (node.usage?.cpu ?? 0).toFixed(2),
    ]),
    'no nodes',
  );
}
