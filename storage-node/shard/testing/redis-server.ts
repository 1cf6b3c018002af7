import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCommand, ReplyFramer } from '@satchel/proto/resp';

/** Whether there is a redis-server to compare with. */
export const redisInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** Replies of a fresh Redis to commands sent in one go, as they came over the wire. */
export async function repliesOfRedis(commands: readonly (readonly string[])[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'satchel-redis-'));
  const socket = join(folder, 'redis.sock');
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder]);
  const exited = once(server, 'exit');
  try {
    for await (const line of server.stdout) if (String(line).includes('ready to accept')) break;
    return await exchange(socket, commands);
  } finally {
    server.kill();
    await exited;
    await rm(folder, { recursive: true });
  }
}

function exchange(path: string, commands: readonly (readonly string[])[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const replies: string[] = [];
    const connection = createConnection(path);
    const framer = new ReplyFramer({
      onFrame(buffer, start, end) {
        replies.push(buffer.toString('latin1', start, end));
        if (replies.length === commands.length) connection.end();
      },
      onPushFrame() {},
    });
    connection.on('data', (bytes: Buffer) => framer.feed(bytes, 0, bytes.length));
    connection.on('error', reject);
    connection.on('close', () => resolve(replies));
    connection.write(Buffer.concat(commands.map((command) => encodeCommand(command))));
  });
}
