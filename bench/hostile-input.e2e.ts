import { connect as connectSocket, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { resourcesOf } from './testing/processes.js';
import { useCluster } from './testing/test-cluster.js';

// Whatever one client sends, it gets a clear error or an orderly refusal, and the others notice nothing.

const shared = useCluster({ nodes: 1, shards: 1 });
const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

const bulk = (...parts: string[]) =>
  `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;

/** Opens a raw connection to the job's endpoint. */
async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** What the shard answers until it has sent `lines` lines or closed the connection. */
function answer(socket: Socket, request: string, lines = 1): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const done = () => resolve(received);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.split('\r\n').length > lines) done();
    });
    socket.once('close', done);
    socket.write(request);
  });
}

async function loggedIn(url: string): Promise<Socket> {
  const { username, password } = new URL(url);
  const socket = await open(url);
  expect(await answer(socket, bulk('AUTH', username, password))).toBe('+OK\r\n');
  socket.removeAllListeners('data');
  return socket;
}

describe('a client that', () => {
  test('sends commands before it authenticates gets NOAUTH', async () => {
    const { url } = await shared.register();
    expect(await answer(await open(url), bulk('GET', 'key'))).toMatch(/^-NOAUTH /);
  });

  test('brings a wrong token, or that of another job, gets WRONGPASS', async () => {
    const [one, other] = [await shared.register(), await shared.register()];
    expect(await answer(await open(one.url), bulk('AUTH', one.id, 'nonsense'))).toMatch(/^-WRONGPASS /);
    expect(await answer(await open(one.url), bulk('AUTH', one.id, other.token))).toMatch(/^-WRONGPASS /);
    expect(await answer(await open(one.url), bulk('AUTH', one.id, `${one.token.slice(0, -4)}AAAA`))).toMatch(/^-WRONGPASS /);
  });

  test('comes for a job that has ended, or stays in it, gets NOJOB', async () => {
    const job = await shared.register();
    const inside = await loggedIn(job.url);
    await job.end();
    expect(await answer(await open(job.url), bulk('AUTH', job.id, job.token))).toMatch(/^-NOJOB .*ended/);
    expect(await answer(inside, bulk('GET', 'key'))).toMatch(/^-NOJOB .*ended/);
  });

  test('sends an unknown command, too few arguments or too long a key is told, and goes on', async () => {
    const socket = await loggedIn((await shared.register()).url);
    const request =
      bulk('NONSENSE', 'a') + bulk('GET') + bulk('SET', 'k'.repeat(2000), 'v') + bulk('HSET', 'h', 'f', 'v') + bulk('PING');
    const lines = (await answer(socket, request, 5)).split('\r\n');
    expect(lines[0]).toMatch(/^-ERR unknown command 'NONSENSE'/);
    expect(lines[1]).toMatch(/^-ERR wrong number of arguments for 'get' command/);
    expect(lines[2]).toMatch(/^-TOOLARGE .*2000.*1024/);
    expect(lines[3]).toMatch(/^-ERR .*HSET/i);
    expect(lines[4]).toBe('+PONG');
  });

  test.each([
    ['a value of 2^40 bytes', `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${2 ** 40}\r\n`, /^-TOOLARGE /],
    ['2^31 arguments', `*${2 ** 31}\r\n`, /^-(ERR|TOOLARGE) /],
    ['a length that is no number', '*1\r\n$x\r\n', /^-ERR Protocol error/],
    ['a line without end', 'x'.repeat(70_000), /^-TOOLARGE .*65536/],
  ])('announces %s is refused and disconnected', async (_what, request, error) => {
    const socket = await loggedIn((await shared.register()).url);
    expect(await answer(socket, request)).toMatch(error);
    await expect.poll(() => socket.closed || socket.readableEnded).toBe(true);
  });

  test('sends half a command and falls silent costs others nothing', async () => {
    const job = await shared.register();
    for (let index = 0; index < 100; index++) (await loggedIn(job.url)).write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nhalf');
    await job.store.put('other', 'value');
    expect(await job.store.get('other', { as: 'text' })).toBe('value');
  });
});

test('10,000 idle connections leave the others as they were', async () => {
  const job = await shared.register();
  const [shard] = shared.processes('shard/main.js');
  const before = resourcesOf(shard?.pid as number);
  for (let batch = 0; batch < 100; batch++) await Promise.all(Array.from({ length: 100 }, () => open(job.url)));
  await job.store.put('key', 'value');
  expect(await job.store.get('key', { as: 'text' })).toBe('value');
  const after = resourcesOf(shard?.pid as number);
  expect(after.descriptors - before.descriptors).toBeGreaterThanOrEqual(10_000);
  expect((after.residentBytes - before.residentBytes) / 10_000).toBeLessThan(16 * 1024);
  for (const socket of sockets.splice(0)) socket.destroy();
  await expect
    .poll(() => resourcesOf(shard?.pid as number).descriptors, { timeout: 20_000 })
    .toBeLessThan(before.descriptors + 50);
});
