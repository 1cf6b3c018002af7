import { formatBytes, limits, SatchelError } from '../core/index.js';

const valueLimit = `the limit is ${limits.valueBytes} (${formatBytes(limits.valueBytes)})`;

/** The errors of input that is not RESP, or more than a connection may send. */
export const requestErrors = {
  unauthenticated: (limitBytes: number) =>
    new SatchelError('unauthenticated', `more than ${formatBytes(limitBytes)} were sent before AUTH`),
  shardInput: () =>
    new SatchelError('too-large', `the commands being received exceed ${formatBytes(limits.shardInputBytes)} on this shard`),
  argumentCount: (count: number) =>
    new SatchelError('too-large', `Protocol error: ${count} arguments were announced, the limit is ${limits.commandArguments}`),
  bulkLength: (length: number) => new SatchelError('too-large', `Protocol error: invalid bulk length ${length}, ${valueLimit}`),
  valueLength: (length: number) => new SatchelError('too-large', `an argument has ${length} bytes, ${valueLimit}`),
  inline: () => new SatchelError('too-large', `Protocol error: too big inline request, the limit is ${limits.inlineBytes} bytes`),
  quotes: () => new SatchelError('invalid-argument', 'Protocol error: unbalanced quotes in request'),
  protocol: (what: string) => new SatchelError('invalid-argument', `Protocol error: ${what}`),
} as const;
