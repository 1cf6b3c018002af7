import { formatBytes } from '@satchel/proto/core';
import type { Namespace__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { givenFields, table } from '../../output.js';

/** `namespace list`: namespaces that have limits or jobs. */
export function addNamespaceList(parent: Command, io: CliProcess): void {
  newCommand(parent, 'list', 'list namespaces that have limits or jobs').action((_options: unknown, command: Command) =>
    list('', command, io),
  );
}

/** Prints all namespaces, or one. */
export async function list(namespace: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { namespaces } = await withController(context, (channel) =>
    channel.call(channel.jobs, channel.jobs.listNamespaces, { namespace }),
  );
  const documents = namespaces.map(namespaceDocument);
  context.output.result(namespace === '' ? { namespaces: documents } : documents[0], () => namespacesTable(namespaces));
}

/** A namespace as a JSON document: only the limits that are set. */
export function namespaceDocument(namespace: Namespace__Output): Record<string, unknown> {
  return { ...namespace, limits: givenFields(namespace.limits) };
}

/** Namespaces for people. */
export function namespacesTable(namespaces: readonly Namespace__Output[]): string {
  const of = (has: string, limit: string | undefined) => (limit === undefined ? has : `${has} of ${limit}`);
  const bytes = (amount: number | undefined) => (amount === undefined ? undefined : formatBytes(amount));
  return table(
    ['NAMESPACE', 'JOBS', 'BYTES', 'NODES', 'MISSING', 'WEIGHT', 'SHARE'],
    namespaces.map(({ namespace, limits, jobs, nodes, share, ...rest }) => [
      namespace,
      of(String(jobs), limits?.jobs?.toString()),
      of(formatBytes(rest.bytes), bytes(limits?.bytes)),
      of(String(nodes), limits?.nodes?.toString()),
      formatBytes(rest.missingBytes),
      String(limits?.weight ?? 1),
      `${(100 * share).toFixed(1)} %`,
    ]),
    'no namespaces',
  );
}
