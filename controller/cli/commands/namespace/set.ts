import { type Command, InvalidArgumentError } from 'commander';
import { bytesArgument, wholeNumber } from '../../arguments.js';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { UsageError } from '../../exit-code.js';
import { namespaceDocument, namespacesTable } from './list.js';

/** What takes a limit away. */
const none = 'none';

type Limits = Partial<Record<'jobs' | 'bytes' | 'nodes' | 'weight', number | typeof none>>;

/** `namespace set NAMESPACE`: changes its limits. */
export function addNamespaceSet(parent: Command, io: CliProcess): void {
  newCommand(parent, 'set <namespace>', `change limits of a namespace; ${none} takes one away`)
    .option('--jobs <n>', 'jobs that are active at a time', orNone(wholeNumber(0, 1_000_000)))
    .option(
      '--bytes <size>',
      'capacity of its jobs together; one without capacity hint counts with what it holds',
      orNone(bytesArgument),
    )
    .option('--nodes <n>', 'nodes that hold data of its jobs', orNone(wholeNumber(1, 65_536)))
    .option('--weight <n>', 'of its share when namespaces want more than there is (default: 1)', orNone(weight))
    .action((namespace: string, limits: Limits, command: Command) => set(namespace, limits, command, io));
}

async function set(name: string, { jobs, bytes, nodes, weight }: Limits, command: Command, io: CliProcess): Promise<void> {
  const given = Object.entries({ jobs, bytes, nodes, weight }).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw new UsageError('name a limit to change: --jobs, --bytes, --nodes or --weight');
  const unset = given.filter(([, value]) => value === none).map(([limit]) => limit);
  const limits = Object.fromEntries(given.filter(([, value]) => value !== none));
  const context = contextOf(command, io);
  const namespace = await withController(context, (channel) =>
    channel.call(channel.jobs, channel.jobs.setNamespace, { namespace: name, limits, unset }),
  );
  context.output.result(namespaceDocument(namespace), () => namespacesTable([namespace]));
}

function orNone(parse: (text: string) => number): (text: string) => number | typeof none {
  return (text) => (text === none ? none : parse(text));
}

function weight(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`'${text}' is not a number above 0.`);
}
