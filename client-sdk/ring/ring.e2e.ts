import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { limits } from '@satchel/proto/core';
import { askForRing, loadMapping, type ReceivedRing, RingEnd } from '@satchel/proto/shared-memory';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Job, registerJob } from '../job.js';
import { connect } from '../store.js';
import { RealCluster } from '../testing/real-cluster.js';
import { describeStore, type OpenedStore } from '../testing/store-suite.js';

describe.skipIf(!loadMapping())('rings', () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await RealCluster.start(1, 1, ['--spin', '0.2']);
  });
  afterAll(() => cluster.stop());

  const register = (capacity = '64MiB'): Promise<Job> =>
    registerJob({ name: 'ring', capacity, controller: cluster.controller, connect: { socketDir: cluster.socketDir } });

  async function open(): Promise<OpenedStore> {
    const job = await register();
    const other = connect(job.url, { socketDir: cluster.socketDir });
    const close = async (): Promise<void> => {
      await other.close();
      await job.end();
    };
    return { store: job.store, other, close };
  }

  /** Rings that the shard serves now, asked over TCP. */
  async function rings(job: Job): Promise<number> {
    const client = new Redis(job.url, { maxRetriesPerRequest: 1 });
    const clients = await client.info('clients');
    client.disconnect();
    return Number(/satchel_rings:(\d+)/.exec(clients)?.[1]);
  }

  /** A ring of somebody who does not keep to any protocol. */
  async function rawRing(job: Job): Promise<{ ring: RingEnd; words: Uint32Array; bell: Socket; received: ReceivedRing }> {
    const { hostname, port, username, password } = new URL(job.url);
    expect(hostname).toBe('127.0.0.1');
    const requests = [Buffer.from(`AUTH ${username} ${password}\r\n`), Buffer.from('SATCHEL.RING\r\n')];
    const received = await askForRing(join(cluster.socketDir, `${port}.sock`), requests, 10_000);
    const bell = new Socket({ fd: received.socket });
    bell.on('error', () => {}).resume();
    const { memory } = received.file;
    return { ring: new RingEnd(memory, 'client'), words: new Uint32Array(memory), bell, received };
  }

  async function gone(bell: Socket): Promise<void> {
    if (!bell.closed) await new Promise<void>((resolve) => bell.once('close', () => resolve()));
  }

  describeStore('a job on one shard through a ring', open);

  test('are what clients on the host of a polling shard use, and no others', async () => {
    await using job = await register();
    await job.store.put('k', 'v');
    expect(await rings(job)).toBe(1);
    await using tcp = connect(job.url, { socketDir: '' });
    expect(await tcp.get('k', { as: 'text' })).toBe('v');
    expect(await rings(job)).toBe(1);
    await job.store.close();
    await expect.poll(() => rings(job)).toBe(0);
  });

  test('carry values larger than they are, both ways', async () => {
    await using job = await register();
    const values = [1, 100_000, 1 << 20, 9_000_001].map((size, index) => Buffer.alloc(size, index + 1));
    await Promise.all(values.map((value, index) => job.store.put(`large/${index}`, value, { tier: 'ssd' })));
    const got = await Promise.all(values.map((_, index) => job.store.get(`large/${index}`)));
    expect(got.map((value, index) => value?.equals(values[index] as Buffer))).toEqual([true, true, true, true]);
    expect(job.store.localReads.served).toBe(0);
    expect(await rings(job)).toBe(1);
  });

  test('check the quota as the socket does', async () => {
    await using job = await register('1MiB');
    await expect(job.store.put('big', Buffer.alloc(2 << 20))).rejects.toMatchObject({ code: 'quota-exceeded' });
    expect(await job.store.put('small', 'x')).toBe(true);
  });

  test('whose client writes nonsense are closed, and nobody else notices', async () => {
    await using job = await register();
    await job.store.put('k', 'before');
    for (const spoil of [
      (words: Uint32Array) => words.fill(0xffff_ffff, 0, 1024),
      (words: Uint32Array) => Atomics.add(words, 16, 0x1000_0000),
    ]) {
      const { words, bell, received } = await rawRing(job);
      spoil(words);
      bell.write('x');
      await gone(bell);
      loadMapping()?.unmap(received.file);
      expect(await job.store.get('k', { as: 'text' })).toBe('before');
    }
    const { ring, bell } = await rawRing(job);
    const garbage = Buffer.from('*9999999999\r\n$-5\r\n\0\0\0');
    ring.write(garbage, 0, garbage.length);
    bell.write('x');
    await gone(bell);
    await job.store.put('k', 'after');
    expect(await job.store.get('k', { as: 'text' })).toBe('after');
  });

  test('of a client that is killed in the midst of a put leave no part of it and no memory behind', async () => {
    await using job = await register();
    await job.store.put('k', 'v');
    const child = fork(join(import.meta.dirname, '../dist/testing/ring-putter.js'), [job.url], {
      execArgv: [],
      env: { ...process.env, SATCHEL_SOCKET_DIR: cluster.socketDir },
    });
    await once(child, 'message');
    expect(await rings(job)).toBe(2);
    child.kill('SIGKILL');
    await expect.poll(() => rings(job)).toBe(1);
    for await (const key of job.store.list('large/')) {
      const value = await job.store.get(key);
      expect(value?.length).toBe(4 << 20);
      expect(value?.every((byte) => byte === value[0])).toBe(true);
    }
  });

  test('keep a process alive until its stores are closed, and no longer', async () => {
    await using job = await register();
    await job.store.put('k', 'v');
    const entry = new URL('../dist/index.js', import.meta.url).href;
    const source = `import { connect } from '${entry}';
      for (let count = 0; count < 30; count++) {
        const store = connect();
        await store.get('k');
        await store.put('k', 'v');
        await store.close();
      }
      process.stdout.write('closed');`;
    const env = { ...process.env, SATCHEL_URL: job.url, SATCHEL_SOCKET_DIR: cluster.socketDir };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const printed = text(child.stdout);
    expect([(await once(child, 'exit'))[0], await printed]).toEqual([0, 'closed']);
  });

  test('are limited in number; beyond, clients go on over the socket', async () => {
    await using job = await register();
    const taken = [];
    for (let count = 0; count < limits.shardRings; count++) taken.push(await rawRing(job));
    await expect(rawRing(job)).rejects.toMatchObject({ code: 'out-of-memory' });
    await job.store.put('k', 'v');
    expect(await job.store.get('k', { as: 'text' })).toBe('v');
    for (const { bell, received } of taken) {
      bell.destroy();
      loadMapping()?.unmap(received.file);
    }
    await expect.poll(() => rings(job)).toBe(0);
  });

  test('are not to be had over TCP, and nothing is lost by asking', async () => {
    await using job = await register();
    const client = new Redis(job.url);
    await expect(client.call('SATCHEL.RING')).rejects.toThrow(/Unix socket/);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  test('end with their shard, and the next call goes through another one', async () => {
    await using job = await register();
    await job.store.put('k', 'v');
    cluster.killShards('node-1');
    await expect.poll(() => job.store.put('k', 'again').catch(() => false)).toBe(true);
    expect(await job.store.get('k', { as: 'text' })).toBe('again');
  });
});
