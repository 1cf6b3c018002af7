import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { bulkKey, readInBulk, storeInBulk } from './bulk.js';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that keeps what is sent and answers `reply` to each command, of which `*` is the beginning. */
async function answering(reply: string): Promise<{ url: string; received: () => string }> {
  let text = '';
  server = createServer((socket) => {
    let first = true;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const commands = bytes.toString('latin1').split('*').length - 1;
      socket.write((first ? '+OK\r\n' : reply) + reply.repeat(commands - 1));
      first = false;
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `redis://job:token@127.0.0.1:${port}`, received: () => text };
}

test('every key is stored once with a value of the size', async () => {
  const { url, received } = await answering('+OK\r\n');
  await storeInBulk(url, { prefix: 'p:', count: 1203, valueBytes: 3 });
  expect(received()).toBe(
    '*3\r\n$4\r\nAUTH\r\n$3\r\njob\r\n$5\r\ntoken\r\n' +
      Array.from({ length: 1203 }, (_, number) => `*3\r\n$3\r\nSET\r\n$12\r\n${bulkKey('p:', number)}\r\n$3\r\nxxx\r\n`).join(''),
  );
});

test('an error that is answered is told', async () => {
  const { url } = await answering('-OOM no room\r\n');
  await expect(storeInBulk(url, { prefix: 'p:', count: 10, valueBytes: 3 })).rejects.toThrow('a shard answered: -OOM no room');
});

test('all values of a pipeline are awaited', async () => {
  const { url, received } = await answering('$2\r\nxx\r\n');
  await readInBulk(url, { prefix: 'p:', count: 300, valueBytes: 2 }, 7);
  expect(received().split('GET').length - 1).toBe(300);
});
