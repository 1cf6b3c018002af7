import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Job, registerJob } from '../job.js';
import { connect, type Store } from '../store.js';
import { RealCluster } from '../testing/real-cluster.js';

const MiB = 1024 * 1024;
const chunkBytes = 64 * 1024;
const stripe = { chunkBytes, windowBytes: 16 * chunkBytes };
const entry = new URL(import.meta.url.includes('/dist/') ? '../index.js' : '../dist/index.js', import.meta.url).href;
let cluster: RealCluster;
let job: Job;
let other: Store;

beforeAll(async () => {
  cluster = await RealCluster.start(2, 1);
  // Both nodes' dram is needed, so that the job spans both shards.
  job = await registerJob({
    name: 'striping',
    controller: cluster.controller,
    capacity: '400MiB',
    connect: { socketDir: '', stripe },
  });
  other = connect(job.url, { socketDir: '', stripe });
});
afterAll(async () => {
  await other.close();
  await job.end();
  await cluster.stop();
});

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes the job holds on all shards, as they report it. */
async function heldBytes(): Promise<number> {
  const usage = await job.usage();
  return [usage?.dram, usage?.ssd, usage?.object].reduce((sum, tier) => sum + Number(tier?.bytes ?? 0), 0);
}

async function plainClient(): Promise<Redis> {
  const { hostname, port, username, password } = new URL(job.url);
  return new Redis({ host: hostname, port: Number(port), username, password, maxRetriesPerRequest: 1 });
}

describe('a striped object', () => {
  test('of 64 MiB is written and read in chunks of the usual size, from both shards, and leaves nothing behind', async () => {
    const store = connect(job.url, { socketDir: '' });
    const value = randomBytes(64 * MiB);
    expect(job.slotMap?.shards.length).toBe(2);
    expect(await store.put('64', value, { stripe: true })).toBe(true);
    const stat = await store.stat('64');
    expect(stat).toMatchObject({ size: value.length, stripe: { chunkBytes: 4 * MiB } });
    expect(await store.count()).toBe(1);
    expect(digest((await store.get('64')) ?? Buffer.alloc(0))).toBe(digest(value));
    expect(digest(await buffer(store.getStream('64')))).toBe(digest(value));
    expect((await store.getRange('64', 4 * MiB - 3, 8 * MiB + 3)).equals(value.subarray(4 * MiB - 3, 8 * MiB + 3))).toBe(true);
    const redis = await plainClient();
    expect(digest((await redis.getBuffer('64')) ?? Buffer.alloc(0))).toBe(digest(value));
    redis.disconnect();
    expect(await store.delete('64')).toBe(1);
    await expect.poll(heldBytes, { timeout: 10_000 }).toBe(0);
    await store.close();
  });

  test('is an object like others to every call of the store', async () => {
    const { store } = job;
    const value = randomBytes(3 * MiB + 17);
    const waiting = other.waitFor('large');
    expect(await store.put('large', value, { stripe: true, ttlMs: 60_000, attempt: 1 })).toBe(true);
    expect((await waiting).equals(value)).toBe(true);
    expect((await other.waitFor('large')).equals(value)).toBe(true);
    expect(await other.has('large')).toBe(true);
    expect(await store.put('large', value, { stripe: true, ifAbsent: true })).toBe(false);
    await expect(store.put('large', value, { stripe: true, attempt: 2 })).rejects.toMatchObject({ code: 'fenced' });
    expect(await other.stat('large')).toMatchObject({ size: value.length, attempt: 1 });
    expect(await other.getRange('large', value.length - 5, value.length + 5)).toEqual(value.subarray(-5));
    await expect(store.put('large', value, { stripe: true, reads: 1 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(store.put('large', value, { stripe: true, persist: true })).rejects.toMatchObject({ code: 'invalid-argument' });
    const found: string[] = [];
    for await (const key of store.list()) found.push(key);
    expect(found).toEqual(['large']);
    expect(await store.deletePrefix('l')).toBe(1);
    expect(await other.get('large')).toBeUndefined();
  });

  test('is read from the memory of shards on the same host where that is to be had, and the same is read', async () => {
    const local = connect(job.url, { socketDir: cluster.socketDir, stripe });
    const value = randomBytes(5 * MiB + 3);
    await job.store.put('local', value, { stripe: true });
    await local.put('else', 'x');
    await expect
      .poll(() => local.get('else', { as: 'text' }).then(() => local.localReads.arenas + local.localReads.problem.length))
      .toBeGreaterThan(0);
    for (let round = 0; round < 3; round++) expect((await local.get('local'))?.equals(value)).toBe(true);
    expect(await local.stat('local')).toMatchObject({ size: value.length });
    expect(await local.has('local')).toBe(true);
    expect((await buffer(local.getStream('local'))).equals(value)).toBe(true);
    if (local.localReads.problem === '') expect(local.localReads.served).toBeGreaterThan(80);
    await job.store.put('local', 'plain');
    expect(await local.get('local', { as: 'text' })).toBe('plain');
    await job.store.delete('local', 'else');
    await local.close();
  });

  test('is made of a stream as it flows, and read as a stream that reads ahead no further than its window', async () => {
    const pieces = Array.from({ length: 200 }, (_, index) => randomBytes(index * 100));
    const value = Buffer.concat(pieces);
    expect(await job.store.putStream('stream', Readable.from(pieces), { stripe: true })).toBe(true);
    expect((await other.stat('stream'))?.stripe).toMatchObject({ chunkBytes });
    expect((await buffer(other.getStream('stream'))).equals(value)).toBe(true);
    await job.store.delete('stream');
  });

  test('is made of what is longer than a plain value may be, without being asked for', async () => {
    const store = connect(job.url, { socketDir: '', stripe: { ...stripe, fromBytes: 256 * 1024 } });
    const value = randomBytes(256 * 1024 + 1);
    await store.put('over', value);
    await store.putStream('stream-over', Readable.from([value.subarray(0, 1000), value.subarray(1000)]));
    await store.put('under', value.subarray(1));
    await store.putStream('stream-under', Readable.from([value.subarray(1)]));
    const striped = await Promise.all(
      ['over', 'stream-over', 'under', 'stream-under'].map(async (key) => (await store.stat(key))?.stripe !== undefined),
    );
    expect(striped).toEqual([true, true, false, false]);
    expect((await store.get('over'))?.equals(value) && (await store.get('stream-over'))?.equals(value)).toBe(true);
    await store.deletePrefix('');
    await store.close();
  });

  test('of a stream that fails is not stored, and its chunks go', async () => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      for (let count = 0; count < 20; count++) yield randomBytes(chunkBytes);
      throw new Error('the source broke');
    };
    await expect(job.store.putStream('failing', failing(), { stripe: true })).rejects.toThrow('the source broke');
    expect(await other.has('failing')).toBe(false);
    await expect.poll(heldBytes, { timeout: 10_000 }).toBe(0);
  });
});

describe('readers of an object that is replaced', () => {
  test('get `gone` from a stream under way, and never bytes of two versions', async () => {
    const first = Buffer.alloc(4 * MiB, 'a');
    await job.store.put('replaced', first, { stripe: true });
    const stream = other.getStream('replaced');
    const reading = stream[Symbol.asyncIterator]();
    expect((await reading.next()).value.equals(first.subarray(0, chunkBytes))).toBe(true);
    await job.store.put('replaced', Buffer.alloc(4 * MiB, 'b'), { stripe: true });
    const outcome = await (async () => {
      for (;;) {
        const next = await reading.next();
        if (next.done) return 'whole';
        expect(next.value.equals(first.subarray(0, next.value.length))).toBe(true);
      }
    })().catch((error: unknown) => SatchelError.from(error).code);
    expect(outcome).toBe('gone');
    await job.store.delete('replaced');
  });

  test('get one version or another, whole, or `gone`, while writers replace and delete it all the time', async () => {
    const { store } = job;
    const redis = await plainClient();
    const endMs = Date.now() + 3000;
    const counts = { whole: 0, none: 0, gone: 0 };
    const judge = (value: Uint8Array | null | undefined): void => {
      if (value === undefined || value === null) counts.none++;
      else {
        expect(value.every((byte) => byte === value[0])).toBe(true);
        expect(value.length).toBe(10 * chunkBytes + (value[0] ?? 0));
        counts.whole++;
      }
    };
    const reader = async (read: () => Promise<Uint8Array | null | undefined>): Promise<void> => {
      while (Date.now() < endMs) {
        await read().then(judge, (error: unknown) => {
          const gone =
            String(error).includes('GONE') ||
            SatchelError.from(error).code === 'gone' ||
            SatchelError.from(error).code === 'not-found';
          if (!gone) throw error;
          counts.gone++;
        });
      }
    };
    const writer = async (mark: number): Promise<void> => {
      for (let round = 0; Date.now() < endMs; round++) {
        const byte = (mark * 64 + (round % 64)) & 0xff;
        if (round % 16 === 15) await store.delete('contended');
        else await store.put('contended', Buffer.alloc(10 * chunkBytes + byte, byte), { stripe: true });
      }
    };
    await Promise.all([
      writer(1),
      writer(2),
      reader(() => other.get('contended')),
      reader(() => buffer(other.getStream('contended'))),
      reader(() => redis.getBuffer('contended')),
    ]);
    redis.disconnect();
    expect(counts.whole).toBeGreaterThan(0);
    await store.delete('contended');
    await expect.poll(heldBytes, { timeout: 10_000 }).toBe(0);
  });
});

describe('a client that is killed midway', () => {
  test('leaves nothing that can be seen, and its chunks go with the job', async () => {
    const short = await registerJob({
      name: 'killed',
      controller: cluster.controller,
      capacity: '400MiB',
      connect: { socketDir: '' },
    });
    const script = `
      import { connect } from ${JSON.stringify(entry)};
      const store = connect(process.argv[1], { socketDir: '', stripe: { chunkBytes: ${chunkBytes} } });
      async function* endless() { for (let count = 0; ; count++) { yield Buffer.alloc(${chunkBytes}, count); if (count === 40) process.send('written'); if (count > 40) await new Promise((resolve) => setTimeout(resolve, 1000)); } }
      await store.putStream('half', endless(), { stripe: true });`;
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script, short.url], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await short.store.get('half')).toBeUndefined();
    expect(await short.store.count()).toBe(0);
    expect(await short.store.put('half', Buffer.alloc(4 * chunkBytes, 'x'), { stripe: true })).toBe(true);
    await short.end();
  });
});
