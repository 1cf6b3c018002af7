import type { Key } from '../../store/key.js';
import type { StoredObject } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import type { KeyOutcome } from '../in-turn.js';
import { assemble, assertAssemblable, whileHolding } from './assembly.js';
import { type StripedValue, stripeOf, writeStriped } from './striped-value.js';

/** Bytes of a value that are wanted, given its size; undefined: none. */
export type RangeOf = (size: number) => { readonly from: number; readonly to: number } | undefined;

const whole: RangeOf = (size) => ({ from: 0, to: size });

/** Whether whoever gets the reply knows how to fetch chunks: other shards, and clients that said so. */
function knowsStripes({ args, session }: CommandContext): boolean {
  return session.mode === 'link' || args.text(0).toUpperCase() === 'SATCHEL.GET';
}

/**
 * Replies with a striped object that was found, or with a range of it: put together, once the key is free for others again, or as what
 * is needed for that. To be returned from an action.
 */
export function replyStriped(
  context: CommandContext,
  key: Key,
  object: StoredObject,
  rangeOf: RangeOf = whole,
): KeyOutcome | Promise<KeyOutcome> {
  const own = key.copy().buffer;
  const stripe = stripeOf(object);
  const reply = (known: Awaited<typeof stripe>): KeyOutcome => {
    const range = rangeOf(known.size);
    if (range === undefined) return context.reply.bulk(Buffer.alloc(0));
    const value = { ...known, key: own, ...range };
    if (knowsStripes(context)) return writeStriped(context.reply, value);
    return () => replyAssembled(context, value);
  };
  return stripe instanceof Promise ? stripe.then(reply) : reply(stripe);
}

/** Replies with a striped value that this shard puts together, straight into the output. */
export function replyAssembled(context: CommandContext, value: StripedValue): Promise<void> {
  assertAssemblable(value);
  const bytes = value.to - value.from;
  return whileHolding(context.job, bytes, async () => {
    const { reply } = context;
    const start = reply.reserveBulk(bytes);
    await assemble(context.job, value, () => reply.buffer, start);
  });
}
