import { limits, slotOf } from '@satchel/proto/core';
import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, expect, test } from 'vitest';
import { MapStore } from '../store/testing/map-store.js';
import { SlowStore } from './testing/slow-store.js';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

// What one connection asks for holds up no other, and memory for its replies is bounded.

let fleet: TestFleet;
afterEach(() => fleet.close());

function keysOn(shard: number, count: number): string[] {
  const keys: string[] = [];
  for (let index = 0; keys.length < count; index++) {
    if (Math.floor(slotOf(`key${index}`) / 8192) === shard - 1) keys.push(`key${index}`);
  }
  return keys;
}

function pipeline(commands: readonly (readonly string[])[]): Buffer {
  return Buffer.concat(commands.map((command) => encodeCommand([...command])));
}

test('a pipeline of 100,000 commands lets others have their turn all the while', async () => {
  fleet = await TestFleet.start({ shards: 1 });
  const [greedy, other] = [await fleet.client(), await fleet.client()];
  const count = 100_000;
  greedy.socket.write(pipeline(Array.from({ length: count }, (_, index) => ['SET', `k${index % 1000}`, 'v'])));
  const { server } = fleet.shard(1);
  let answers = 0;
  while ((server.commandCounts['set'] ?? 0) < count) {
    const before = server.commandCounts['set'] ?? 0;
    expect(await other.call('PING')).toBe('PONG');
    answers++;
    // Two turns at most: one under way, and one that came before ours.
    expect((server.commandCounts['set'] ?? 0) - before).toBeLessThanOrEqual(3 * limits.connectionTurnCommands);
  }
  expect(answers).toBeGreaterThan(20);
});

test('commands of one turn take no longer than the time of a turn, however few they are', async () => {
  let runs = 0;
  let most = 0;
  fleet = await TestFleet.start({
    shards: 1,
    commands: [
      {
        name: 'busy',
        arity: 1,
        scope: 'connection',
        run({ reply }) {
          if (runs++ === 0) setImmediate(() => setImmediate(nextTurn));
          for (const start = performance.now(); performance.now() - start < 0.2; );
          reply.ok();
        },
      },
    ],
  });
  const nextTurn = () => {
    most = Math.max(most, runs);
    runs = 0;
  };
  const client = await fleet.client();
  await client.send(pipeline(Array.from({ length: 400 }, () => ['BUSY'])), 400);
  expect(most).toBeLessThan(100);
});

/** What a shard has written for the one client that does not read. */
async function settled(other: TestClient): Promise<void> {
  for (let turn = 0; turn < 300; turn++) await other.call('PING');
}

test('large values of another shard are asked for a few at a time when their reader is slow', async () => {
  fleet = await TestFleet.start({ shards: 2 });
  const client = await fleet.client();
  const [key = ''] = keysOn(2, 1);
  const value = 'v'.repeat(4 * 1024 * 1024);
  await client.call('SET', key, value);
  client.socket.pause();
  const replies = client.send(pipeline(Array.from({ length: 48 }, () => ['GET', key])), 48);
  await settled(await fleet.client());
  const mostAtOnce = 2 * (limits.connectionForwardBytes / value.length);
  expect(fleet.shard(2).server.commandCounts['get'] ?? 0).toBeLessThanOrEqual(mostAtOnce);
  client.socket.resume();
  expect((await replies).every((reply) => reply === value)).toBe(true);
}, 30_000);

test('small replies of another shard are pipelined to the full', async () => {
  fleet = await TestFleet.start({ shards: 2 });
  const client = await fleet.client();
  const keys = keysOn(2, 100);
  expect(new Set(await client.send(pipeline(keys.map((key) => ['SET', key, key])), 100))).toEqual(new Set(['OK']));
  const list = Array.from({ length: 20 }, () => keys).flat();
  expect(await client.send(pipeline(list.map((key) => ['GET', key])), list.length)).toEqual(list);
});

test('waits for values that are on a slow tier already read no more than so many bytes at a time', async () => {
  const slow = new SlowStore(1_000_000_000_000);
  fleet = await TestFleet.start({ shards: 1, openTiers: () => [slow, new MapStore('dram', 0)] });
  const client = await fleet.client('one-job');
  const size = limits.awaitedReadBytes / 8;
  await client.call('SET', 'k', Buffer.alloc(size));
  slow.hold();
  const count = 40;
  const waits = client.send(
    pipeline(Array.from({ length: count }, (_, index) => ['SATCHEL.AWAIT', `${index}`, 'k', '0'])),
    count,
  );
  const other = await fleet.client('one-job');
  await settled(other);
  expect(slow.heldOperations).toBe(8);
  slow.release();
  await waits;
  expect(await client.pushed(count)).toHaveLength(count);
}, 30_000);
