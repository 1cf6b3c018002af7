import { persistPrefix, SatchelError } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import { typeOf } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import { inSlices } from '../slices.js';
import { integerArgument, latin1Argument, optionArgument, syntaxError, valueIndex } from './arguments.js';
import { Glob } from './glob.js';
import { persistedPage } from './persisted.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 64;
/** A page holds at most this many keys whatever COUNT says, so that a reply stays bounded. */
const largestPage = 10_000;

/** What SCAN was asked for. */
export interface ScanOptions {
  readonly position: number;
  readonly count: number;
  readonly glob: Glob | undefined;
  /** Only objects of this type. */
  readonly type: string | undefined;
}

function scan(context: CommandContext): void | Promise<void> {
  const options = scanOptions(context);
  if (options.glob?.prefix.startsWith(persistPrefix)) return scanPersisted(context, options, options.glob);
  const { job } = context;
  job.assertListable(options.glob?.prefix ?? '');
  const keys: Buffer[] = [];
  let position = options.position;
  let visited = 0;
  const done = inSlices(() => {
    position = job.scan(position, Math.min(objectsPerStep, options.count - visited), (key, object) => {
      visited++;
      if (options.type !== undefined && typeOf(object) !== options.type) return;
      if (options.glob === undefined || options.glob.matches(key.toString())) keys.push(bytesOf(key));
    });
    return position >= scanEnd || visited >= options.count;
  });
  if (done !== undefined) return done.then(() => replyPage(context, position, keys));
  replyPage(context, position, keys);
}

async function scanPersisted(context: CommandContext, options: ScanOptions, glob: Glob): Promise<void> {
  const page = await persistedPage(context.job, glob.prefix, options.position, options.count);
  const keys =
    options.type !== undefined && options.type !== 'string'
      ? []
      : page.keys.filter((key) => glob.matches(key.toString('latin1')));
  replyPage(context, page.next, keys);
}

function replyPage({ reply }: CommandContext, position: number, keys: readonly Buffer[]): void {
  reply.array(2);
  reply.text(String(position >= scanEnd ? 0 : position));
  reply.array(keys.length);
  for (const key of keys) reply.bulk(key);
}

/** The arguments of SCAN; throws `invalid-argument`. */
export function scanOptions({ args }: Pick<CommandContext, 'args'>): ScanOptions {
  const options = {
    position: cursorArgument(args.text(1)),
    count: 10,
    glob: undefined as Glob | undefined,
    type: undefined as string | undefined,
  };
  for (let index = 2; index < args.count; index += 2) {
    const option = optionArgument(args, index);
    const value = valueIndex(args, index);
    if (option === 'MATCH') options.glob = new Glob(latin1Argument(args, value));
    else if (option === 'TYPE') options.type = args.text(value).toLowerCase();
    else if (option === 'COUNT') {
      const count = integerArgument(args, value);
      if (count < 1) throw syntaxError();
      options.count = Math.min(count, largestPage);
    } else throw syntaxError();
  }
  return options;
}

/** A shard-local cursor: the key hash to go on from. */
function cursorArgument(text: string): number {
  const position = /^\d{1,10}$/.test(text) ? Number(text) : scanEnd;
  if (position >= scanEnd) throw new SatchelError('invalid-argument', 'invalid cursor');
  return position;
}

function bytesOf(key: Key): Buffer {
  return Buffer.from(key.buffer.subarray(key.start, key.end));
}

/** Listing keys. */
export const scanCommands: readonly Command[] = [
  { name: 'scan', arity: -2, scope: 'job', merge: 'scan', verb: 'read', run: scan },
];
