import type { Decision__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { wholeNumber } from '../../arguments.js';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { table } from '../../output.js';

interface DecisionsOptions {
  readonly limit: number;
}

/** `node decisions [SUBJECT]`: what the controller decided by itself, newest first. */
export function addNodeDecisions(parent: Command, io: CliProcess): void {
  newCommand(parent, 'decisions [subject]', 'what the controller decided by itself, of all or of one node, shape or job')
    .option('--limit <count>', 'how many, newest first', wholeNumber(1, 100_000), 50)
    .action((subject: string | undefined, options: DecisionsOptions, command: Command) => list(subject, options, command, io));
}

async function list(subject: string | undefined, { limit }: DecisionsOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { decisions } = await withController(context, (channel) =>
    channel.call(channel.fleet, channel.fleet.listDecisions, { limit, ...(subject !== undefined && { subject }) }),
  );
  context.output.result({ decisions }, () => decisionsTable(decisions));
}

/** Decisions for people. The figures behind them are in the JSON document. */
function decisionsTable(decisions: readonly Decision__Output[]): string {
  return table(
    ['TIME', 'DECISION', 'ABOUT', 'BECAUSE'],
    decisions.map(({ atMs, kind, subject, because }) => [new Date(atMs).toISOString(), kind, subject, because]),
    'no decisions yet',
  );
}
