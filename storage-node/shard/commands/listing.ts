import { randomInt } from 'node:crypto';
import { limits, persistPrefix, SatchelError } from '@satchel/proto/core';
import { ReplyBuffer } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { inSlices } from '../slices.js';
import { latin1Argument } from './arguments.js';
import { Glob } from './glob.js';
import { persistedKeys } from './persisted.js';
import { andThen } from './values.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 64;

/** KEYS pattern, in slices; each key that is there all the while is in it once. */
function keys(context: CommandContext): void | Promise<void> {
  const { args, job, reply } = context;
  const pattern = latin1Argument(args, 1);
  const glob = new Glob(pattern);
  if (glob.prefix.startsWith(persistPrefix)) return listPersisted(context, glob);
  job.assertListable(glob.prefix);
  const listed = new KeyList();
  const found = /[*?[\\]/.test(pattern) ? listMatching(context, glob, listed) : listOne(context, pattern, listed);
  return andThen(found, () => {
    reply.array(listed.count);
    reply.raw(listed.bytes);
  });
}

/** Keys as they stand in a reply. */
class KeyList {
  count = 0;
  readonly #output = new ReplyBuffer(1024);

  get bytes(): Buffer {
    return this.#output.bytes;
  }

  add(bytes: Buffer, start = 0, end = bytes.length): void {
    if (++this.count > limits.listedKeys) throw tooManyKeys();
    this.#output.bulk(bytes, start, end);
  }
}

function listMatching({ job }: CommandContext, glob: Glob, listed: KeyList): void | Promise<void> {
  let position = 0;
  return inSlices(() => {
    position = job.scan(position, objectsPerStep, (key) => {
      if (glob.matches(key.toString())) listed.add(key.buffer, key.start, key.end);
    });
    return position >= scanEnd;
  });
}

/** A pattern without wildcards is a key. */
function listOne({ job, nowMs }: CommandContext, pattern: string, listed: KeyList): void {
  const key = Key.of(Buffer.from(pattern, 'latin1'));
  if (key.length <= limits.keyBytes && job.find(key, nowMs) !== undefined) listed.add(key.buffer);
}

async function listPersisted({ job, reply }: CommandContext, glob: Glob): Promise<void> {
  const matching = (await persistedKeys(job, glob.prefix)).filter((key) => glob.matches(key.toString('latin1')));
  if (matching.length > limits.listedKeys) throw tooManyKeys();
  reply.array(matching.length);
  for (const key of matching) reply.bulk(key);
}

function tooManyKeys(): SatchelError {
  return new SatchelError(
    'too-large',
    `more than ${limits.listedKeys} keys of one shard match; use SCAN, which goes through them page by page`,
  );
}

/** RANDOMKEY: the first key from a random place on in the order of hashes. */
function randomKey({ job, reply }: CommandContext): void {
  job.assertListable('');
  let found: Key | undefined;
  for (let position = randomInt(scanEnd), rounds = 0; found === undefined && rounds < 2; rounds++) {
    for (; found === undefined && position < scanEnd; ) {
      position = job.scan(position, 1, (key) => {
        found ??= key.copy();
      });
    }
    position = 0;
  }
  if (found === undefined) reply.nil();
  else reply.bulk(found.buffer, found.start, found.end);
}

/** Listing keys without a cursor. */
export const listingCommands: readonly Command[] = [
  { name: 'keys', arity: 2, scope: 'job', merge: 'array', verb: 'read', run: keys },
  { name: 'randomkey', arity: 1, scope: 'job', merge: 'any', verb: 'read', run: randomKey },
];
