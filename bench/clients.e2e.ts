import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { describe, expect, test } from 'vitest';
import { useCluster } from './testing/test-cluster.js';

// Any Redis client works on a job, plain on its endpoint and as a cluster client on its direct ports. docs/clients.md says how.

const run = promisify(execFile);
const pythons = ['python3', '/usr/bin/python3'];
const shared = useCluster({ nodes: 2, shards: 2 });
const keys = Array.from({ length: 50 }, (_, index) => `key:${index}`);

async function installed(command: string, args: string[] = ['--version']): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

describe.each([
  ['spans four shards', { functions: 100 }, 4],
  ['fits one shard', { capacity: '64MiB' }, 1],
])('on a job that %s', (_title, hints, shards) => {
  async function target() {
    const job = await shared.register(hints);
    expect(new Set(job.slotMap?.ranges?.map(({ shard }) => shard)).size).toBe(shards);
    const url = new URL(job.url);
    return { url: job.url, host: url.hostname, port: Number(url.port), username: url.username, password: url.password };
  }

  test('ioredis works plain', async () => {
    const redis = new Redis((await target()).url);
    await redis.mset(Object.fromEntries(keys.map((key) => [key, `value of ${key}`])));
    expect(await redis.mget(keys)).toEqual(keys.map((key) => `value of ${key}`));
    expect(await redis.dbsize()).toBe(keys.length);
    const seen = new Set<string>();
    for await (const page of redis.scanStream({ count: 7 })) for (const key of page as string[]) seen.add(key);
    expect([...seen].sort()).toEqual([...keys].sort());
    const piped = await keys.reduce((pipeline, key) => pipeline.get(key), redis.pipeline()).exec();
    expect(piped?.map(([, value]) => value)).toEqual(keys.map((key) => `value of ${key}`));
    expect(await redis.del(...keys)).toBe(keys.length);
    await redis.quit();
  });

  test('ioredis works as a cluster client', async () => {
    const { host, port, username, password } = await target();
    const cluster = new Cluster([{ host, port }], { redisOptions: { username, password } });
    await Promise.all(keys.map((key) => cluster.set(key, key)));
    expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys);
    expect(cluster.nodes('master')).toHaveLength(shards);
    const sizes = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(keys.length);
    await cluster.quit();
  });

  test('ioredis uses queues and signals, plain and as a cluster client', async () => {
    const { url, host, port, username, password } = await target();
    const [plain, waiting, listener] = [new Redis(url), new Redis(url), new Redis(url)];
    const cluster = new Cluster([{ host, port }], { redisOptions: { username, password } });
    const lists = keys.slice(0, 4).map((key) => `list:${key}`);
    for (const list of lists) {
      const popped = waiting.blpop(...lists, 5);
      await cluster.rpush(list, `to ${list}`);
      expect(await popped).toEqual([list, `to ${list}`]);
    }
    await plain.rpush('queue', ...keys);
    expect(await Promise.all(keys.map(() => cluster.lpop('queue')))).toEqual(keys);
    await plain.sadd('set', ...keys);
    expect((await cluster.smembers('set')).sort()).toEqual([...keys].sort());
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      listener.on('message', (_, message) => heard.push(message) === 2 && resolve());
    });
    await listener.subscribe('signals');
    expect(await plain.publish('signals', 'one')).toBe(1);
    expect(await cluster.publish('signals', 'two')).toBe(1);
    await all;
    expect(heard).toEqual(['one', 'two']);
    const clusterHeard = new Promise((resolve) => cluster.once('message', (channel, message) => resolve([channel, message])));
    await cluster.subscribe('cluster');
    expect(await plain.publish('cluster', 'three')).toBe(1);
    expect(await clusterHeard).toEqual(['cluster', 'three']);
    await Promise.all([plain, waiting, listener, cluster].map((client) => client.quit()));
  });

  test('node-redis works plain', async () => {
    const client = await createClient({ url: (await target()).url }).connect();
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await client.mGet(keys)).toEqual(keys);
    expect(await client.incrBy('counter', 5)).toBe(5);
    await client.close();
  });

  test('node-redis works as a cluster client', async () => {
    const { host, port, username, password } = await target();
    const cluster = await createCluster({
      rootNodes: [{ url: `redis://${host}:${port}` }],
      defaults: { username, password },
    }).connect();
    await Promise.all(keys.map((key) => cluster.set(key, key)));
    expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys);
    await cluster.close();
  });

  test('redis-py works plain and as a cluster client', async ({ skip }) => {
    let python: string | undefined;
    for (const candidate of pythons) if (!python && (await installed(candidate, ['-c', 'import redis']))) python = candidate;
    if (!python) return skip('redis-py is not installed');
    const { url, host, port, username, password } = await target();
    const script = `
import sys, redis
from redis.cluster import RedisCluster
url, host, port, username, password = sys.argv[1:]
plain = redis.Redis.from_url(url)
cluster = RedisCluster(host=host, port=int(port), username=username, password=password)
for number in range(50):
    plain.set(f"plain:{number}", number)
    cluster.set(f"cluster:{number}", number)
assert [int(plain.get(f"cluster:{n}")) for n in range(50)] == list(range(50))
assert [int(cluster.get(f"plain:{n}")) for n in range(50)] == list(range(50))
assert len(list(plain.scan_iter(count=7))) == 100
plain.rpush("queue", "a", "b")
assert plain.blpop(["none", "queue"], timeout=5) == (b"queue", b"a")
assert cluster.lpop("queue") == b"b"
assert plain.sadd("set", "x", "y") == 2 and cluster.smembers("set") == {b"x", b"y"}
listener = plain.pubsub(ignore_subscribe_messages=True)
listener.subscribe("signals")
while plain.pubsub_numsub("signals") != [(b"signals", 1)]: listener.get_message(timeout=0.01)
assert plain.publish("signals", "hello") == 1
message = None
while message is None: message = listener.get_message(timeout=5)
assert message["data"] == b"hello"
plain.delete("set")
print(plain.dbsize())`;
    const { stdout } = await run(python, ['-c', script, url, host, String(port), username, password]);
    expect(stdout.trim()).toBe('100');
  });

  test('redis-cli works plain and with -c', async ({ skip }) => {
    if (!(await installed('redis-cli'))) return skip('redis-cli is not installed');
    const { url } = await target();
    const cli = async (...args: string[]) => (await run('redis-cli', ['-u', url, '--no-auth-warning', ...args])).stdout.trim();
    for (const key of keys.slice(0, 8)) {
      expect(await cli('set', key, key)).toBe('OK');
      expect(await cli('-c', 'get', key)).toBe(key);
    }
    expect(await cli('dbsize')).toBe('8');
    expect(await cli('--scan')).toContain('key:3');
  });

  test.each(['plain', 'cluster'])('redis-benchmark runs set, get, incr and mset, %s', async (mode) => {
    // redis-benchmark itself refuses a cluster of one node.
    if (!(await installed('redis-benchmark')) || (mode === 'cluster' && shards === 1)) return;
    const { host, port, username, password } = await target();
    const connection = [
      '-h',
      host,
      '-p',
      String(port),
      '--user',
      username,
      '-a',
      password,
      ...(mode === 'cluster' ? ['--cluster'] : []),
    ];
    const { stdout } = await run('redis-benchmark', [
      ...connection,
      '-t',
      'set,get,incr,mset',
      '-n',
      '2000',
      '-r',
      '1000',
      '--csv',
    ]);
    for (const name of ['SET', 'GET', 'INCR', 'MSET (10 keys)']) {
      const line = stdout.split('\n').find((candidate) => candidate.startsWith(`"${name}"`));
      expect(Number(line?.split('","')[1])).toBeGreaterThan(0);
    }
    expect(stdout).not.toContain('rror');
  });
});
