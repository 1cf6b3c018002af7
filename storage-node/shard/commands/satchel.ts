import { limits, persistPrefix, SatchelError, type Stripe } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { objectCharge, type StoredObject } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { quotaError } from '../job-space.js';
import { stripeOf } from '../striping/striped-value.js';
import { latin1Argument } from './arguments.js';
import { type CommandAction, onAnyKey, onKey } from './on-key.js';
import { deletePersisted, persistedKeys, persistedStat } from './persisted.js';
import { metadataFor, type PutOptions, putOptions, refusalOf } from './put-options.js';
import { andThen, metadataOf, putArgument } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

function put(context: CommandContext): void | Promise<void> {
  const options = putOptions(context);
  return onKey(context, 1, 'write', (_, key, nowMs) => {
    const { reply } = context;
    if (refusalOf(context.job, key, options, nowMs) !== undefined) {
      reply.nil();
      return;
    }
    const own = key.copy();
    return andThen(options.persist ? persist(context, own, options, nowMs) : undefined, () =>
      store(context, own, options, nowMs),
    );
  });
}

/**
 * Brings the object to the object tier under the namespace before it is stored here, so that the acknowledgement covers both. The quota is asked
 * first: a put that it refuses leaves the copy of the namespace as it was.
 */
async function persist(context: CommandContext, key: Key, options: PutOptions, nowMs: number): Promise<void> {
  const { args, job } = context;
  const charge = objectCharge(key.length, args.lengthOf(2));
  const object = job.find(key, nowMs);
  const growth = charge - (object === undefined ? 0 : objectCharge(key.length, object.valueLength));
  // A cache makes room for what its quota refuses.
  const held = growth > 0 && job.configuration.evict !== 'lru' ? growth : 0;
  if (held > 0 && !(await job.grant.reserve(held))) throw quotaError(held);
  try {
    await job.persisted.put(key, args.buffer, args.start(2), args.end(2), metadataFor(options, nowMs));
  } finally {
    if (held > 0 && !job.ended) job.grant.release(held);
  }
  job.usage.persistedBytes += charge;
  job.usage.persistRequests++;
}

function store(context: CommandContext, key: Key, options: PutOptions, nowMs: number): void | Promise<void> {
  const { args, job, reply } = context;
  const bytes = args.lengthOf(2);
  const metadata = metadataFor(options, nowMs);
  return andThen(putArgument(context, key, 2, metadata, nowMs, options.tier), () => {
    job.usage.bytesIn += bytes;
    reply.ok();
  });
}

function fail(context: CommandContext): void | Promise<void> {
  const { args } = context;
  const bytes = args.end(2) - args.start(2);
  if (bytes > limits.failReasonBytes) {
    throw new SatchelError('too-large', `the reason has ${bytes} bytes, the limit is ${limits.failReasonBytes}`);
  }
  const reason = args.text(2);
  return onKey(context, 1, 'write', ({ job, reply }, key, nowMs) => {
    const failing = job.fail(key, reason, nowMs);
    if (failing !== undefined) return failing.then(() => reply.ok());
    reply.ok();
  });
}

type Stat = Pick<StoredObject, 'valueLength' | 'tier' | 'expiresAtMs' | 'persist' | 'readsLeft' | 'attempt' | 'createdMs'>;

/** `ttl` is in milliseconds, -1: none; `reads` 0: any number; `attempt` -1: none. A striped object has two more: its version and bytes of a chunk. */
function replyStat(reply: ReplyWriter, stat: Stat | undefined, nowMs: number, stripe?: Stripe): void {
  if (stat === undefined) {
    reply.nil();
    return;
  }
  reply.map(stripe === undefined ? 7 : 9);
  reply.text('size');
  reply.integer(stripe?.size ?? stat.valueLength);
  reply.text('tier');
  reply.text(stat.tier);
  reply.text('ttl');
  reply.integer(stat.expiresAtMs === 0 ? -1 : stat.expiresAtMs - nowMs);
  reply.text('persist');
  reply.integer(stat.persist ? 1 : 0);
  reply.text('reads');
  reply.integer(stat.readsLeft);
  reply.text('attempt');
  reply.integer(stat.attempt);
  reply.text('created');
  reply.integer(stat.createdMs);
  if (stripe === undefined) return;
  reply.text('version');
  reply.text(stripe.version);
  reply.text('chunk');
  reply.integer(stripe.chunkBytes);
}

const stat: CommandAction = ({ job, reply }, key, nowMs) => {
  const object = job.lookupAny(key, nowMs);
  if (!object?.manifest) return replyStat(reply, object, nowMs);
  const { valueLength, tier, ...metadata } = { ...metadataOf(object), valueLength: object.valueLength, tier: object.tier };
  return andThen(stripeOf(object), (stripe) => replyStat(reply, { valueLength, tier, ...metadata }, nowMs, stripe));
};

async function statPersisted({ job, reply, nowMs }: CommandContext, key: Key): Promise<void> {
  replyStat(reply, await persistedStat(job, key), nowMs);
}

function count(context: CommandContext): void | Promise<void> {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 1);
  if (prefix.startsWith(persistPrefix)) {
    return persistedKeys(job, prefix).then((keys) => reply.integer(keys.length));
  }
  job.assertListable(prefix);
  const counter = job.counters.open(prefix);
  const finish = () => {
    reply.integer(counter.count);
    job.counters.close(counter);
  };
  if (counter.ready === undefined) return finish();
  return counter.ready.then(finish, (error: unknown) => {
    job.counters.close(counter);
    throw error;
  });
}

async function deletePrefix(context: CommandContext): Promise<void> {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 1);
  const deleted = prefix.startsWith(persistPrefix) ? deletePersisted(job, prefix) : job.deletePrefix(prefix);
  reply.integer(await deleted);
}

/** Satchel's own commands for objects; those that wait are in waits.ts. */
export const satchelCommands: readonly Command[] = [
  {
    name: 'satchel.put',
    arity: -3,
    scope: 'key',
    keys: oneKey,
    flow: { argument: 2, last: true },
    verb: 'write',
    flags: ['denyoom'],
    run: put,
  },
  { name: 'satchel.fail', arity: 3, scope: 'key', keys: oneKey, verb: 'write', run: fail },
  {
    name: 'satchel.stat',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'read',
    flags: ['fast'],
    run: (context) => onAnyKey(context, 1, 'read', stat, statPersisted),
  },
  { name: 'satchel.count', arity: 2, scope: 'job', merge: 'sum', verb: 'read', run: count },
  { name: 'satchel.delprefix', arity: 2, scope: 'job', merge: 'sum', verb: 'write', run: deletePrefix },
];
