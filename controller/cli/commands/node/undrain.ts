import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { nodesTable } from './list.js';

/** `node undrain NODE`: the node gets new slots again. */
export function addNodeUndrain(parent: Command, io: CliProcess): void {
  newCommand(parent, 'undrain <node>', 'give a node new slots again, as long as a job keeps it from leaving').action(
    (node: string, _options: unknown, command: Command) => undrain(node, command, io),
  );
}

async function undrain(name: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const node = await withController(context, (channel) => channel.call(channel.fleet, channel.fleet.undrainNode, { node: name }));
  context.output.result(node, () => nodesTable([node]));
}
