import { createHash } from 'node:crypto';
import { limits } from '@satchel/proto/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestFleet } from './testing/test-fleet.js';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await TestFleet.start({ shards: 3 });
});
afterAll(() => fleet.close());

describe('PUBLISH', () => {
  test.each([false, true])(
    'reaches who subscribes on any shard of the job, and tells how many (direct port: %s)',
    async (direct) => {
      const job = `all-${direct}`;
      const clients = await Promise.all([1, 2, 3, 3].map((shard) => fleet.client(job, { shard, direct: direct && shard !== 2 })));
      for (const client of clients) {
        client.send('SUBSCRIBE news\r\n', 0);
        await client.pushed(1);
      }
      const publisher = await fleet.client(job, { shard: 2, direct });
      expect(await publisher.call('PUBLISH', 'news', 'hello')).toBe(4);
      expect(await publisher.call('PUBLISH', 'other', 'nobody')).toBe(0);
      for (const client of clients) expect((await client.pushed(2))[1]).toEqual(['message', 'news', 'hello']);
      const stranger = await fleet.client(`${job}-2`);
      expect(await stranger.call('PUBLISH', 'news', 'of another job')).toBe(0);
    },
  );

  test('tells a connection once by name and once for each of its patterns', async () => {
    const client = await fleet.client('patterns', { shard: 2 });
    client.send('SUBSCRIBE a.1\r\nPSUBSCRIBE a.* b.? a.[0-9]\r\n', 0);
    await client.pushed(4);
    const publisher = await fleet.client('patterns');
    expect(await publisher.call('PUBLISH', 'a.1', 'x')).toBe(3);
    expect(await publisher.call('PUBLISH', 'b.12', 'x')).toBe(0);
    expect((await client.pushed(7)).slice(4)).toEqual([
      ['message', 'a.1', 'x'],
      ['pmessage', 'a.*', 'a.1', 'x'],
      ['pmessage', 'a.[0-9]', 'a.1', 'x'],
    ]);
  });

  test('comes after what its connection wrote before, whichever shards are concerned', async () => {
    const listener = await fleet.client('signal', { shard: 3 });
    listener.send('SUBSCRIBE done\r\n', 0);
    await listener.pushed(1);
    const writer = await fleet.client('signal');
    for (let round = 0; round < 50; round++) {
      const key = `key:${round}`;
      void writer.call('SET', key, 'there');
      void writer.call('PUBLISH', 'done', key);
      const [, , name] = (await listener.pushed(round + 2))[round + 1] as string[];
      expect(await listener.call('GET', name ?? '')).toBe('there');
    }
  });

  test('carries messages of any bytes whole and in order, up to the limit', async () => {
    const listener = await fleet.client('bytes', { shard: 2 });
    listener.send('SUBSCRIBE c\r\n', 0);
    await listener.pushed(1);
    const publisher = await fleet.client('bytes');
    const messages = Array.from({ length: 300 }, (_, index) => createHash('sha512').update(String(index)).digest());
    await Promise.all(messages.map((message) => publisher.call('PUBLISH', 'c', message)));
    const got = (await listener.pushed(301)).slice(1).map((push) => (push as string[])[2]);
    expect(got).toEqual(messages.map((message) => message.toString('latin1')));
    const largest = Buffer.alloc(limits.elementBytes, 1);
    expect(await publisher.call('PUBLISH', 'c', largest)).toBe(1);
    expect(((await listener.pushed(302))[301] as string[])[2]).toHaveLength(largest.length);
    expect(await publisher.call('PUBLISH', 'c', Buffer.alloc(limits.elementBytes + 1))).toMatch(/^-TOOLARGE .*SATCHEL.PUT/);
    expect(await publisher.call('PUBLISH', 'c'.repeat(limits.keyBytes + 1), 'x')).toMatch(/^-TOOLARGE /);
  });

  test('counts what came in once, and what went out for each who was told', async () => {
    const jobs = () => fleet.shards.map(({ jobs }) => jobs.get('usage')?.usage);
    for (const shard of [1, 2, 2]) {
      const client = await fleet.client('usage', { shard });
      client.send('SUBSCRIBE c\r\n', 0);
      await client.pushed(1);
    }
    await (await fleet.client('usage', { shard: 3 })).call('PUBLISH', 'c', '12345');
    const sum = (values: (number | undefined)[]) => values.reduce((total: number, value) => total + (value ?? 0), 0);
    expect(sum(jobs().map((usage) => usage?.bytesIn))).toBe(5);
    expect(sum(jobs().map((usage) => usage?.bytesOut))).toBe(15);
  });

  test('needs the right to write, SUBSCRIBE that to read', async () => {
    const reader = await fleet.client('rights', { verbs: ['read'] });
    const writer = await fleet.client('rights', { verbs: ['write'] });
    expect(await reader.call('PUBLISH', 'c', 'x')).toMatch(/^-NOPERM /);
    expect(await writer.call('SUBSCRIBE', 'c')).toMatch(/^-NOPERM /);
    expect(await writer.call('PUBLISH', 'c', 'x')).toBe(0);
  });
});

describe('PUBSUB', () => {
  test('tells channels, listeners and patterns of the whole job', async () => {
    for (const [shard, line] of [
      [1, 'SUBSCRIBE a b'],
      [2, 'SUBSCRIBE b c'],
      [3, 'PSUBSCRIBE a* b*'],
    ] as const) {
      const client = await fleet.client('told', { shard });
      client.send(`${line}\r\n`, 0);
      await client.pushed(2);
    }
    const client = await fleet.client('told', { shard: 2 });
    expect(((await client.call('PUBSUB', 'CHANNELS')) as string[]).sort()).toEqual(['a', 'b', 'c']);
    expect(await client.call('PUBSUB', 'CHANNELS', '[c-z]*')).toEqual(['c']);
    expect(await client.call('PUBSUB', 'NUMSUB', 'b', 'a', 'none')).toEqual(['b', 2, 'a', 1, 'none', 0]);
    expect(await client.call('PUBSUB', 'NUMSUB')).toEqual([]);
    expect(await client.call('PUBSUB', 'NUMPAT')).toBe(2);
    expect(await client.call('PUBSUB', 'x')).toMatch(/^-ERR unknown subcommand/);
  });
});

describe('a connection that subscribes', () => {
  test('gets, with RESP2, everything in its place, and takes few other commands', async () => {
    const client = await fleet.client('resp2', { version: 2 });
    const publisher = await fleet.client('resp2', { shard: 2 });
    expect(await client.send('SUBSCRIBE a b\r\nPSUBSCRIBE p*\r\n', 3)).toEqual([
      ['subscribe', 'a', 1],
      ['subscribe', 'b', 2],
      ['psubscribe', 'p*', 3],
    ]);
    expect(await client.call('GET', 'x')).toMatch(/^-ERR Can't execute 'get': only \(P\|S\)SUBSCRIBE/);
    expect(await client.send('PING\r\nPING hi\r\n', 2)).toEqual([
      ['pong', ''],
      ['pong', 'hi'],
    ]);
    const message = client.send('', 1);
    expect(await publisher.call('PUBLISH', 'b', 'hello')).toBe(1);
    expect(await message).toEqual([['message', 'b', 'hello']]);
    expect(await client.send('UNSUBSCRIBE\r\n', 2)).toEqual([
      ['unsubscribe', 'a', 2],
      ['unsubscribe', 'b', 1],
    ]);
    expect(await client.send('PUNSUBSCRIBE p*\r\nGET x\r\nUNSUBSCRIBE\r\n', 3)).toEqual([
      ['punsubscribe', 'p*', 0],
      null,
      ['unsubscribe', null, 0],
    ]);
    expect(await publisher.call('PUBLISH', 'b', 'nobody')).toBe(0);
  });

  test('with RESP2 gets no message before the reply to an earlier command', async () => {
    const client = await fleet.client('places', { version: 2 });
    const publisher = await fleet.client('places');
    const popped = client.send('BLPOP list 0\r\nSUBSCRIBE c\r\n', 2);
    while (fleet.shards.every(({ jobs }) => jobs.get('places')?.pops.size !== 1)) await new Promise(setImmediate);
    await publisher.call('RPUSH', 'list', 'x');
    const next = client.send('', 1);
    while ((await publisher.call('PUBLISH', 'c', 'm')) === 0) await new Promise(setImmediate);
    expect(await popped).toEqual([
      ['list', 'x'],
      ['subscribe', 'c', 1],
    ]);
    expect(await next).toEqual([['message', 'c', 'm']]);
  });

  test('goes on with any command with RESP3, while messages come', async () => {
    const client = await fleet.client('resp3');
    client.send('SUBSCRIBE c\r\n', 0);
    await client.pushed(1);
    expect(await client.call('SET', 'k', 'v')).toBe('OK');
    expect(await client.call('PUBLISH', 'c', 'to myself')).toBe(1);
    expect((await client.pushed(2))[1]).toEqual(['message', 'c', 'to myself']);
    expect(await client.call('GET', 'k')).toBe('v');
    const blocked = client.call('BLPOP', 'list', 0);
    const publisher = await fleet.client('resp3', { shard: 2 });
    await publisher.call('PUBLISH', 'c', 'meanwhile');
    expect((await client.pushed(3))[2]).toEqual(['message', 'c', 'meanwhile']);
    await publisher.call('RPUSH', 'list', 'x');
    expect(await blocked).toEqual(['list', 'x']);
  });

  test('leaves everything behind when it closes, resets or changes its job', async () => {
    const channels = () => fleet.shard(1).jobs.get('leaves')?.channels.size;
    const closing = await fleet.client('leaves');
    closing.send('SUBSCRIBE a b\r\nPSUBSCRIBE c*\r\n', 0);
    await closing.pushed(3);
    expect(channels()).toBe(3);
    closing.close();
    while (channels() !== 0) await new Promise(setImmediate);
    const resetting = await fleet.client('leaves');
    resetting.send('SUBSCRIBE a b\r\n', 0);
    await resetting.pushed(2);
    expect(await resetting.call('RESET')).toBe('RESET');
    expect(channels()).toBe(0);
    const changing = await fleet.client('leaves');
    changing.send('SUBSCRIBE a\r\n', 0);
    await changing.pushed(1);
    expect(await changing.call('AUTH', 'elsewhere', 'elsewhere:read')).toBe('OK');
    expect(channels()).toBe(0);
  });

  test('is closed with its job', async () => {
    const client = await fleet.client('ends', { shard: 2 });
    client.send('SUBSCRIBE a\r\n', 0);
    await client.pushed(1);
    await fleet.shard(2).jobs.get('ends')?.end();
    await client.ended;
  });

  test('may subscribe to so many, and a job too', async () => {
    const client = await fleet.client('one-limits');
    const names = Array.from({ length: limits.connectionSubscriptions }, (_, index) => `c${index}`);
    client.send(`SUBSCRIBE ${names.slice(0, 5000).join(' ')}\r\nSUBSCRIBE ${names.slice(5000).join(' ')}\r\n`, 0);
    await client.pushed(names.length);
    expect(await client.call('SUBSCRIBE', 'one more')).toMatch(/^-OOM a connection subscribes to at most/);
    const { channels } = fleet.shard(1).jobs.get('one-limits') ?? {};
    expect(channels?.size).toBe(names.length);
    client.close();
    while (channels?.size !== 0) await new Promise(setImmediate);
  });

  test('is closed if it does not read its messages, and nobody else notices', async () => {
    const slow = await fleet.client('slow', { shard: 2 });
    const reader = await fleet.client('slow', { shard: 2 });
    for (const client of [slow, reader]) {
      client.send('SUBSCRIBE c\r\n', 0);
      await client.pushed(1);
    }
    slow.socket.pause();
    const publisher = await fleet.client('slow');
    const message = Buffer.alloc(limits.elementBytes);
    let told = 2;
    let sent = 0;
    while (told === 2) {
      told = (await publisher.call('PUBLISH', 'c', message)) as number;
      sent++;
      await reader.pushed(sent + 1);
    }
    // What the kernel took of it comes on top.
    expect(sent * message.length).toBeGreaterThan(limits.subscriberOutputBytes);
    expect(sent * message.length).toBeLessThan(limits.subscriberOutputBytes * 2);
    expect(fleet.shard(2).server.statistics.slowReadersClosed).toBe(1);
    slow.socket.resume();
    await slow.ended;
  });
});
