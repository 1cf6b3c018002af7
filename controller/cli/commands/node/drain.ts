import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { nodesTable } from './list.js';

/** `node drain NODE`: no new slots for the node; it leaves when its last job has ended. */
export function addNodeDrain(parent: Command, io: CliProcess): void {
  newCommand(parent, 'drain <node>', 'give a node no new slots; it leaves when its last job has ended').action(
    (node: string, _options: unknown, command: Command) => drain(node, command, io),
  );
}

async function drain(name: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const node = await withController(context, (channel) => channel.call(channel.fleet, channel.fleet.drainNode, { node: name }));
  context.output.result(node, () => nodesTable([node]));
}
