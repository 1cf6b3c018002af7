import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { nodesTable } from './list.js';

/** `node remove NODE [--lost]`: the node is gone. */
export function addNodeRemove(parent: Command, io: CliProcess): void {
  newCommand(parent, 'remove <node>', 'forget a node that is not up')
    .option('--lost', 'it does not come back, though jobs need it: what it held is lost', false)
    .action((node: string, { lost }: { lost: boolean }, command: Command) => remove(node, lost, command, io));
}

async function remove(name: string, lost: boolean, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { node: name, lost };
  const node = await withController(context, (channel) => channel.call(channel.fleet, channel.fleet.removeNode, request));
  context.output.result(node, () => nodesTable([node]));
}
