import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';

/** A Redis server of its own, without persistence. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Path of its Unix socket. */
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Whether a redis-server is installed. */
export function redisInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Starts Debian's or any other redis-server on a free port of the loopback interface. */
export async function startRedis(): Promise<RedisServer> {
  if (!redisInstalled())
    throw new SatchelError(
      'unavailable',
      'comparing with Redis needs redis-server; install it (Debian: apt-get install redis-server)',
    );
  const folder = await mkdtemp(join(tmpdir(), 'satchel-redis-'));
  const port = await freePort();
  const socket = join(folder, 'redis.sock');
  const options = { port: String(port), bind: '127.0.0.1', unixsocket: socket, save: '', appendonly: 'no', dir: folder };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  // In a session of its own, as the storage nodes are that it is compared with.
  const child = spawn('redis-server', args, { detached: true });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new SatchelError('unavailable', `redis-server ended: ${said.slice(-200)}`)));
  });
  return {
    host: '127.0.0.1',
    port,
    socket,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
