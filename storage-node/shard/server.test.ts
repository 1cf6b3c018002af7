import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@satchel/proto/core';
import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Command } from './command.js';
import { TestClient, TestFleet } from './testing/test-fleet.js';

let fleet: TestFleet;
afterEach(() => fleet.close());

describe('a connection', () => {
  test('sets and gets over TCP and the Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'satchel-'));
    const socket = join(folder, 'shard.sock');
    fleet = await TestFleet.start({ shards: 1, socket });
    const tcp = await fleet.client();
    expect(await tcp.call('SET', 'k', 'v')).toBe('OK');
    const unix = await TestClient.connect(socket);
    expect(await unix.call('AUTH', 'job', 'job:read')).toBe('OK');
    expect(await unix.call('GET', 'k')).toBe('v');
    unix.close();
    rmSync(folder, { recursive: true });
  });

  test('is told NOAUTH before AUTH, WRONGPASS for a wrong token, NOPERM for what the token does not allow', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client('');
    expect(await client.call('GET', 'k')).toBe('-NOAUTH Authentication required.');
    expect(await client.call('PING')).toBe('-NOAUTH Authentication required.');
    expect(await client.call('AUTH', 'job', 'nonsense')).toMatch(/^-WRONGPASS /);
    expect(await client.call('HELLO', 3)).toMatch(/^-NOAUTH /);
    expect(await client.call('HELLO', 4)).toMatch(/^-NOPROTO /);
    expect(await client.call('AUTH', 'job:read')).toBe('OK');
    expect(await client.call('SET', 'k', 'v')).toMatch(/^-NOPERM .*write/);
    expect(await client.call('GET', 'k')).toBe(null);
  });

  test('is told of unknown commands, wrong numbers of arguments and what to use instead', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    expect(await client.call('NOSUCH', 'a', 'b')).toBe("-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
    expect(await client.call('GET')).toBe("-ERR wrong number of arguments for 'get' command");
    expect(await client.call('HSET', 'h', 'f', 'v')).toMatch(/^-ERR Satchel has no command 'HSET'; keep each field/);
    expect(await client.call('SELECT', 1)).toMatch(/^-ERR DB index/);
    expect(await client.call('GET', 'x'.repeat(limits.keyBytes + 1))).toMatch(/^-TOOLARGE .*1025 bytes/);
  });

  test('goes on after a handler failed in a way nobody foresaw', async () => {
    const broken: Command = {
      name: 'broken',
      arity: -1,
      scope: 'connection',
      run({ reply }) {
        reply.array(3);
        throw new TypeError('a bug');
      },
    };
    fleet = await TestFleet.start({ shards: 1, commands: [broken] });
    const client = await fleet.client();
    expect(await client.call('BROKEN')).toBe('-ERR internal error');
    expect(await client.call('PING')).toBe('PONG');
  });

  test('gets its replies in order when commands are asynchronous, and others are not held up', async () => {
    const finish: (() => void)[] = [];
    const slow: Command = {
      name: 'slow',
      arity: 2,
      scope: 'connection',
      async run({ args, reply }) {
        reply.array(2);
        reply.text('first');
        await new Promise<void>((resolve) => finish.push(resolve));
        reply.bulk(args.buffer, args.start(1), args.end(1));
      },
    };
    fleet = await TestFleet.start({ shards: 1, commands: [slow] });
    const client = await fleet.client();
    const other = await fleet.client();
    const bytes = Buffer.concat(
      [
        ['PING', '1'],
        ['SLOW', 'two'],
        ['PING', '3'],
        ['SLOW', 'four'],
      ].map((c) => encodeCommand(c)),
    );
    const replies = client.send(bytes, 4);
    expect(await other.call('PING', 'other')).toBe('other');
    while (finish.length === 0) await other.call('PING');
    finish.shift()?.();
    while (finish.length === 0) await other.call('PING');
    finish.shift()?.();
    expect(await replies).toEqual(['1', ['first', 'two'], '3', ['first', 'four']]);
  });

  test('takes a pipeline of any length in bounded turns', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    const count = 20_000;
    const bytes = Buffer.concat(
      Array.from({ length: count }, (_, index) => encodeCommand(['SET', `k${index % 100}`, `${index}`])),
    );
    expect(new Set(await client.send(bytes, count))).toEqual(new Set(['OK']));
    expect(await client.call('GET', 'k99')).toBe('19999');
  });

  test('carries large values whole', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    const value = randomBytes(9_000_000).toString('latin1');
    expect(await client.call('SET', 'k', Buffer.from(value, 'latin1'))).toBe('OK');
    expect((await client.call('GET', 'k')) === value).toBe(true);
  });

  test('that reads slowly is not sent more than the limit, and gets everything in the end', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    const value = 'v'.repeat(1024 * 1024);
    await client.call('SET', 'k', value);
    client.socket.pause();
    const replies = client.send(Buffer.concat(Array.from({ length: 200 }, () => encodeCommand(['GET', 'k']))), 200);
    const other = await fleet.client();
    for (let turn = 0; turn < 200; turn++) await other.call('PING');
    const server = fleet.shard(1).server;
    expect(server.statistics.bytesOut).toBeLessThan(40 * value.length);
    client.socket.resume();
    expect((await replies).every((reply) => reply === value)).toBe(true);
  });

  test('whose waits find their values at once is not sent more than the limit either', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    await client.call('SET', 'k', 'v'.repeat(1024 * 1024));
    client.socket.pause();
    const waits = Array.from({ length: 200 }, (_, index) => encodeCommand(['SATCHEL.AWAIT', index, 'k', 0]));
    const replies = client.send(Buffer.concat(waits), 200);
    const other = await fleet.client();
    for (let turn = 0; turn < 200; turn++) await other.call('PING');
    const { server } = fleet.shard(1);
    expect(server.commandCounts['satchel.await']).toBeLessThan(40);
    client.socket.resume();
    await replies;
    expect(await client.pushed(200)).toHaveLength(200);
  });

  test('that does not read at all is closed in the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    await client.call('SET', 'k', 'v'.repeat(1024 * 1024));
    client.socket.pause();
    void client.send(Buffer.concat(Array.from({ length: 100 }, () => encodeCommand(['GET', 'k']))), 100);
    const other = await fleet.client();
    const { statistics } = fleet.shard(1).server;
    while (vi.getTimerCount() === 0) await other.call('PING');
    vi.advanceTimersByTime(limits.slowReaderMs);
    expect(statistics.slowReadersClosed).toBe(1);
    while (statistics.connections > 1) await other.call('PING');
    vi.useRealTimers();
  });

  test('beyond the limit is refused with a reason', async () => {
    fleet = await TestFleet.start({ shards: 1, connectionLimit: 2 });
    const taken = [await fleet.client(), await fleet.client()];
    const refused = await TestClient.connect(fleet.shard(1).address.endpointPort);
    expect(await refused.call('PING')).toBe('-ERR max number of clients reached; shard 1 takes 2');
    await refused.ended;
    expect(await taken[1]?.call('PING')).toBe('PONG');
    expect(fleet.shard(1).server.statistics.connectionsRefused).toBe(1);
    taken[0]?.close();
    await taken[0]?.ended;
    while (fleet.shard(1).server.statistics.connections > 1) await taken[1]?.call('PING');
    await fleet.client();
  });

  test('that sends half a command and falls silent holds up nobody', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const halves = await Promise.all(Array.from({ length: 50 }, () => fleet.client()));
    for (const half of halves) half.socket.write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nabc');
    const client = await fleet.client();
    expect(await client.call('SET', 'k', 'v')).toBe('OK');
    expect(await halves[0]?.send(`${'x'.repeat(97)}\r\n`, 1)).toEqual(['OK']);
    expect(await client.call('STRLEN', 'k')).toBe(100);
  });

  test('that sends nonsense is told so and closed', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    const [reply] = await client.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1099511627776\r\n', 1);
    expect(reply).toMatch(/^-TOOLARGE Protocol error: invalid bulk length 1099511627776/);
    await client.ended;
    const other = await fleet.client();
    expect(await other.call('PING')).toBe('PONG');
  });

  test('QUIT answers and closes', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    expect(await client.call('QUIT')).toBe('OK');
    await client.ended;
  });

  test('RESET ends its authentication', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    expect(await client.call('RESET')).toBe('RESET');
    expect(await client.call('GET', 'k')).toMatch(/^-NOAUTH/);
  });

  test('of an ended job is told NOJOB', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client();
    await client.call('SET', 'k', 'v');
    await fleet.shard(1).jobs.get('job')?.end();
    fleet.shard(1).jobs.delete('job');
    expect(await client.call('GET', 'k')).toMatch(/^-NOJOB/);
  });
});

describe('what clients ask before they begin', () => {
  test('HELLO, CLIENT, INFO, CONFIG and COMMAND answer as Redis does', async () => {
    fleet = await TestFleet.start({ shards: 1 });
    const client = await fleet.client('job', { version: 2 });
    expect(await client.call('HELLO')).toContain('redis');
    expect(await client.call('CLIENT', 'SETINFO', 'LIB-NAME', 'lib')).toBe('OK');
    expect(await client.call('CLIENT', 'SETNAME', 'me')).toBe('OK');
    expect(await client.call('CLIENT', 'GETNAME')).toBe('me');
    expect(await client.call('CLIENT', 'INFO')).toMatch(/name=me .*lib-name=lib/);
    expect(await client.call('CLIENT', 'LIST')).toMatch(/user=job/);
    expect(await client.call('CLIENT', 'KILL', 'x')).toMatch(/^-ERR unknown subcommand 'KILL' of 'client'/);
    expect(await client.call('INFO')).toMatch(/redis_version:[\s\S]*loading:0[\s\S]*used_memory:0/);
    expect(await client.call('INFO', 'cluster')).toBe('# Cluster\r\ncluster_enabled:1\r\n');
    expect(await client.call('CONFIG', 'GET', 'save')).toEqual(['save', '']);
    expect(await client.call('CONFIG', 'GET', 'append*')).toEqual(['appendonly', 'no']);
    expect(await client.call('COMMAND', 'GETKEYS', 'MSET', 'a', '1', 'b', '2')).toEqual(['a', 'b']);
    expect(await client.call('COMMAND', 'INFO', 'get', 'nosuch')).toEqual([
      ['get', 2, ['readonly', 'fast'], 1, 1, 1, [], [], [], []],
      null,
    ]);
    expect(await client.call('COMMAND', 'COUNT')).toBe(((await client.call('COMMAND')) as unknown[]).length);
  });

  test('CLUSTER announces the slot map of the job with direct ports', async () => {
    fleet = await TestFleet.start({ shards: 2 });
    const client = await fleet.client('job', { version: 2 });
    const [first, second] = [fleet.shard(1).address, fleet.shard(2).address];
    const slots = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string, unknown[]]][];
    expect(slots.map(([from, to, node]) => [from, to, node[0], node[1]])).toEqual([
      [0, 8191, '127.0.0.1', first.directPort],
      [8192, 16383, '127.0.0.1', second.directPort],
    ]);
    const nodes = String(await client.call('CLUSTER', 'NODES'))
      .trim()
      .split('\n');
    expect(nodes[0]).toMatch(/^[0-9a-f]{40} 127\.0\.0\.1:\d+@\d+ myself,master - 0 0 1 connected 0-8191$/);
    expect(await client.call('CLUSTER', 'MYID')).toBe(nodes[0]?.slice(0, 40));
    expect(await client.call('CLUSTER', 'INFO')).toContain('cluster_state:ok');
    expect(await client.call('CLUSTER', 'KEYSLOT', 'foo')).toBe(12182);
    expect(((await client.call('CLUSTER', 'SHARDS')) as unknown[]).length).toBe(2);
  });
});
