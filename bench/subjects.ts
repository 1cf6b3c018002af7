import { connect, type Store } from '@satchel/client';
import type { Tier } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import type { RedisServer } from './baselines/redis.js';
import type { TestedJob } from './tested-job.js';

/** A store under a benchmark, driven the same way whatever it is. */
export interface Subject {
  readonly name: string;
  put(key: string, value: Buffer): Promise<unknown>;
  get(key: string): Promise<Buffer | null | undefined>;
  delete(key: string): Promise<unknown>;
  /** Keys with a prefix, asked for a thousand at a time. */
  list(prefix: string): AsyncIterable<string>;
  /** Gets so far that were read from shared memory; undefined where that is not done. */
  localGets(): number | undefined;
  close(): Promise<void>;
  /** Satchel's own. */
  readonly store: Store | undefined;
}

/** How a job's objects are reached. */
export interface SatchelChoice {
  readonly kind: 'satchel';
  readonly name: string;
  readonly url: string;
  /** Empty: TCP. */
  readonly socketDir: string;
  /** Whether memory of the shard is read in place. */
  readonly local: boolean;
  readonly tier?: Tier;
}

/** How Redis is reached. */
export interface RedisChoice {
  readonly kind: 'redis';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Unix socket instead. */
  readonly path?: string;
  readonly autoPipelining?: boolean;
}

/** How a subject is opened; goes to other processes, too. */
export type SubjectChoice = SatchelChoice | RedisChoice;

/** Opens a subject; it is connected once this resolves. */
export async function openSubject(choice: SubjectChoice): Promise<Subject> {
  return choice.kind === 'satchel' ? openSatchel(choice) : openRedis(choice);
}

async function openSatchel(choice: SatchelChoice): Promise<Subject> {
  const { name, url, socketDir, local, tier } = choice;
  const store = await connect(url, { socketDir, local: local ? 'auto' : 'off' });
  const options = tier && { tier };
  return {
    name,
    put: (key, value) => store.put(key, value, options),
    get: (key) => store.get(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    localGets: () => (local ? store.localReads.served : undefined),
    close: () => store.close(),
    store,
  };
}

async function openRedis(choice: RedisChoice): Promise<Subject> {
  const { name, host, port, path, autoPipelining = false } = choice;
  const redis = new Redis({ ...(path === undefined ? { host, port } : { path }), enableAutoPipelining: autoPipelining });
  await redis.ping();
  return {
    name,
    put: (key, value) => redis.set(key, value),
    get: (key) => redis.getBuffer(key),
    delete: (key) => redis.del(key),
    list: (prefix) => keysOf(redis, prefix),
    localGets: () => undefined,
    close: async () => void (await redis.quit()),
    store: undefined,
  };
}

async function* keysOf(redis: Redis, prefix: string): AsyncGenerator<string> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000);
    yield* keys;
    cursor = next;
  } while (cursor !== '0');
}

/** The ways to a job's objects, by name. */
export const satchelNames = ['satchel', 'satchel-socket', 'satchel-local'] as const;
export type SatchelName = (typeof satchelNames)[number];

/** A job by TCP, by its shard's Unix socket, or by shared memory. */
export function satchelChoice(name: SatchelName, { url, socketDir = '' }: TestedJob): SatchelChoice {
  return { kind: 'satchel', name, url, socketDir: name === 'satchel' ? '' : socketDir, local: name === 'satchel-local' };
}

/** The ways to Redis, by name: ioredis by TCP, by a Unix socket, and by TCP with its automatic pipelining. */
export const redisNames = ['redis', 'redis-socket', 'redis-pipelined'] as const;
export type RedisName = (typeof redisNames)[number];

/** ioredis on a server, connected as its name says. */
export function redisChoice(name: RedisName, { host, port, socket }: RedisServer): RedisChoice {
  if (name === 'redis-socket') return { kind: 'redis', name, host, port, path: socket };
  return { kind: 'redis', name, host, port, autoPipelining: name === 'redis-pipelined' };
}
