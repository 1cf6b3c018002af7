import type { Command } from 'commander';
import { type CliProcess, newCommand } from '../../context.js';
import { list } from './list.js';

/** `namespace show NAMESPACE`: its limits and what its jobs have. */
export function addNamespaceShow(parent: Command, io: CliProcess): void {
  newCommand(parent, 'show <namespace>', 'limits of a namespace, and what its jobs have').action(
    (namespace: string, _options: unknown, command: Command) => list(namespace, command, io),
  );
}
