import { Readable } from 'node:stream';
import { limits, SatchelError } from '@satchel/proto/core';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { Argument } from '../call.js';
import { chunksOf, chunksOfStream } from './chunks.js';
import { putStriped, putStriping } from './put-striped.js';
import { completeStripeOptions, type StripeOptions, type StripeStore } from './stripe-store.js';
import { StripeWriter } from './stripe-writer.js';

afterEach(() => {
  vi.useRealTimers();
});

/** A store that remembers what it was sent, and answers as it is told. */
class SentStore {
  readonly sent: (readonly Argument[])[] = [];
  readonly store: StripeStore;
  underWay = 0;
  most = 0;
  answer: (command: readonly Argument[]) => Promise<unknown> = async () => 'OK';

  constructor(options: StripeOptions = {}) {
    this.store = {
      settings: completeStripeOptions({ chunkBytes: 4096, windowBytes: 3 * 4096, ...options }),
      call: async (_, command, decode) => {
        this.sent.push(command);
        this.most = Math.max(this.most, ++this.underWay);
        const reply = await this.answer(command).finally(() => this.underWay--);
        return decode(reply as string);
      },
      local: () => undefined,
      ownerOf: (key) => (key.at(26) ?? 0) % 2,
    };
  }

  named(name: string): (readonly Argument[])[] {
    return this.sent.filter(([first]) => first === `SATCHEL.${name}`);
  }
}

const plain = async (): Promise<boolean> => {
  throw new Error('nothing plain was to be put');
};

test('pieces of a stream come out as chunks of one size, whatever their own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), fc.integer({ min: 1, max: 40 }), async (pieces, chunkBytes) => {
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield* pieces;
      };
      const whole = Buffer.concat(pieces);
      const chunks: Buffer[] = [];
      for await (const chunk of chunksOfStream(source(), chunkBytes, () => {})) chunks.push(Buffer.concat(chunk.chunks));
      expect(Buffer.concat(chunks)).toEqual(whole);
      expect(chunks.map(({ length }) => length)).toEqual([...chunksOf(whole, chunkBytes)].map(({ length }) => length));
    }),
  );
});

test('chunks are sent several at a time, no more than the window holds, and the manifest last', async () => {
  const sent = new SentStore();
  sent.answer = () => new Promise((resolve) => setImmediate(resolve, 'OK'));
  expect(
    await putStriped(sent.store, 'key', Buffer.alloc(10 * 4096 + 1), { stripe: true, ttlMs: 5, attempt: 2, tier: 'ssd' }, plain),
  ).toBe(true);
  expect(sent.most).toBe(3);
  expect(sent.named('STRIPEPUT').length).toBe(11);
  expect(sent.named('STRIPEPUT')[0]?.slice(3)).toEqual(['TIER', 'ssd']);
  const [commit, ...more] = sent.named('STRIPECOMMIT');
  expect(more).toEqual([]);
  expect(sent.sent.at(-1)).toBe(commit);
  expect(commit?.slice(3)).toEqual([10 * 4096 + 1, 4096, 'PX', 5, 'TIER', 'ssd', 'ATTEMPT', 2]);
});

test('what fails is told once what is under way has ended, and what was written is given up', async () => {
  const sent = new SentStore();
  let puts = 0;
  sent.answer = async ([name]) => {
    if (name === 'SATCHEL.STRIPEPUT' && ++puts === 4) throw new SatchelError('quota-exceeded', 'full');
    return 'OK';
  };
  await expect(putStriped(sent.store, 'key', Buffer.alloc(20 * 4096), undefined, plain)).rejects.toMatchObject({
    code: 'quota-exceeded',
  });
  await expect.poll(() => sent.named('STRIPEABORT').length).toBe(1);
  expect(sent.named('STRIPECOMMIT')).toEqual([]);
  expect(sent.named('STRIPEPUT').length).toBeLessThan(10);
});

test('shards that have chunks hear now and then from a writer whose source delivers', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const sent = new SentStore();
  const slow = async function* (): AsyncGenerator<Buffer> {
    for (let piece = 0; piece < 40; piece++) {
      vi.setSystemTime(Date.now() + 10_000);
      yield Buffer.alloc(1024);
    }
  };
  expect(await putStriping(sent.store, 'key', slow(), { stripe: true }, plain)).toBe(true);
  // 400 s, a sign at least every 20 s to each shard that has chunks.
  expect(sent.named('STRIPETOUCH').length).toBeGreaterThanOrEqual(15);
});

test('an object has no more chunks than the limit, and chunk sizes that cannot be are refused', async () => {
  const sent = new SentStore();
  const writer = new StripeWriter(sent.store, 'key');
  const chunk = Buffer.alloc(1);
  for (let index = 0; index < limits.stripeChunks; index++) await writer.add(chunk);
  await expect(writer.add(chunk)).rejects.toMatchObject({ code: 'too-large' });
  expect(() => completeStripeOptions({ chunkBytes: 4095 })).toThrow('stripe.chunkBytes');
  expect(() => completeStripeOptions({ chunkBytes: limits.stripeChunkBytes + 1 })).toThrow('stripe.chunkBytes');
  expect(() => completeStripeOptions({ fromBytes: limits.valueBytes + 1 })).toThrow('stripe.fromBytes');
  expect(() => completeStripeOptions({ windowBytes: 0 })).toThrow('stripe.windowBytes');
});

test('a value that fits one chunk is put as it is, and options that cannot be had are refused at once', async () => {
  const sent = new SentStore();
  const whole: number[] = [];
  const putPlain = async ({ length }: { readonly length: number }): Promise<boolean> => whole.push(length) > 0;
  await putStriped(sent.store, 'key', Buffer.alloc(4096), undefined, putPlain);
  await putStriping(sent.store, 'key', Readable.from([Buffer.alloc(100)]), { stripe: true }, putPlain);
  expect(whole).toEqual([4096, 100]);
  expect(sent.sent).toEqual([]);
  for (const options of [{ persist: true }, { reads: 1 }, { ttlMs: 0 }]) {
    await expect(putStriped(sent.store, 'key', Buffer.alloc(9000), options, plain)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  }
  expect(sent.named('STRIPEPUT')).toEqual([]);
});
