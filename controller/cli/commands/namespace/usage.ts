import { type Command, InvalidArgumentError } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { receipt as usageText } from '../../job-view.js';
import { chargesText } from '../../receipt-view.js';

interface UsageOptions {
  readonly month?: string;
}

/** `namespace usage NAMESPACE`: what all its jobs used and cost. */
export function addNamespaceUsage(parent: Command, io: CliProcess): void {
  newCommand(parent, 'usage <namespace>', 'what all jobs of a namespace have used, in bytes and dollars')
    .option('--month <month>', 'of one month, in UTC, such as 2026-07 (default: all that are remembered)', monthArgument)
    .action((namespace: string, options: UsageOptions, command: Command) => usage(namespace, options, command, io));
}

async function usage(namespace: string, options: UsageOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { namespace, month: options.month ?? '' };
  const receipt = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.getReceipt, request));
  const { month, months, lines, dollars, prices } = receipt;
  const document = { namespace, month, months, usage: receipt.usage, lines, dollars, prices };
  const remembered = months.length === 0 ? 'no use is remembered' : `months with use: ${months.join(', ')}`;
  context.output.result(document, () => `${usageText(receipt.usage)}\n\n${chargesText(receipt)}\n\n${remembered}`);
}

function monthArgument(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError(`'${text}' is not a month such as 2026-07.`);
}
