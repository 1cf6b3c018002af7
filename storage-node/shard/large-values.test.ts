import { randomBytes } from 'node:crypto';
import { limits } from '@satchel/proto/core';
import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FlowingStore } from './testing/flowing-store.js';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

let store: FlowingStore;
let fleet: TestFleet;
let client: TestClient;
const large = randomBytes(1_000_000).toString('latin1');
const largeBytes = Buffer.from(large, 'latin1');

beforeEach(async () => {
  store = new FlowingStore();
  fleet = await TestFleet.start({ shards: 1, openTiers: () => [store] });
  client = await fleet.client('one-job');
});
afterEach(() => {
  fleet.close();
  vi.useRealTimers();
});

/** Sends the head of a command with a large value and settles once it is on its way into the store. */
async function begin(sender: TestClient, command: readonly (string | Buffer)[], bytes: number): Promise<Buffer> {
  const begun = store.begun;
  const encoded = Buffer.from(encodeCommand([...command]));
  sender.socket.write(encoded.subarray(0, bytes));
  const other = await fleet.client('one-job');
  while (store.begun === begun) await other.call('PING');
  return encoded.subarray(bytes);
}

function job() {
  const opened = fleet.shard(1).jobs.get('one-job');
  if (opened === undefined) throw new Error('the job is not open');
  return opened;
}

test.each([
  ['SET', ['SET', 'k', largeBytes], 'OK'],
  ['SET with a time to live', ['SET', 'k', largeBytes, 'EX', '100'], 'OK'],
  ['SETEX', ['SETEX', 'k', '100', largeBytes], 'OK'],
  ['SATCHEL.PUT', ['SATCHEL.PUT', 'k', largeBytes], 'OK'],
])('a large value of %s flows into the store as it arrives', async (_title, command, reply) => {
  expect(await client.call(...command)).toBe(reply);
  expect([store.begun, store.writing]).toEqual([1, 0]);
  expect((await client.call('GET', 'k')) === large).toBe(true);
  expect(await client.call('TTL', 'k')).toBe(command.includes('100') ? 100 : -1);
  expect(job().usage.bytes('dram')).toBe(store.usage.usedBytes);
  expect(job().usage.bytesIn).toBe(large.length);
});

test.each([[['READS', '1']], [['TIER', 'dram']], [['ATTEMPT', '3']], [['NX']]])(
  'SATCHEL.PUT with %s after a large value means what it says',
  async (options) => {
    expect(await client.call('SATCHEL.PUT', 'k', largeBytes, ...options)).toBe('OK');
    expect((await client.call('GET', 'k')) === large).toBe(true);
    expect(await client.call('EXISTS', 'k')).toBe(options[0] === 'READS' ? 0 : 1);
  },
);

test('nobody sees a value before it is whole, and then its waiters get it', async () => {
  const other = await fleet.client('one-job');
  await other.call('SET', 'k', 'old');
  const rest = await begin(client, ['SET', 'k', largeBytes], 300_000);
  expect(await other.call('GET', 'k')).toBe('old');
  await other.call('DEL', 'k');
  await other.call('SATCHEL.AWAIT', 'w', 'k', '0');
  expect(await client.send(rest, 1)).toEqual(['OK']);
  const [push] = (await other.pushed(1)) as [string, string, string][];
  expect(push?.[2] === large).toBe(true);
  expect((await other.call('GET', 'k')) === large).toBe(true);
  expect(job().usage.bytes('dram')).toBe(store.usage.usedBytes);
});

test('a condition that does not hold leaves nothing behind', async () => {
  await client.call('SET', 'k', 'old');
  expect(await client.call('SET', 'k', largeBytes, 'NX')).toBe(null);
  expect(await client.call('SETNX', 'k', largeBytes)).toBe(0);
  expect(await client.call('SET', 'missing', largeBytes, 'XX')).toBe(null);
  expect(await client.call('SET', 'k', largeBytes, 'XX', 'GET')).toBe('old');
  expect(store.writing).toBe(0);
  expect(await client.call('STRLEN', 'k')).toBe(large.length);
  expect(job().usage.bytes('dram')).toBe(store.usage.usedBytes);
});

test('a connection that breaks in the midst of a value frees everything', async () => {
  await begin(client, ['SET', 'k', largeBytes], 300_000);
  client.close();
  const other = await fleet.client('one-job');
  while (store.writing > 0) await other.call('PING');
  expect(await other.call('EXISTS', 'k')).toBe(0);
  expect(await other.call('SET', 'k', largeBytes)).toBe('OK');
});

test('a sender that stands still in the midst of a value is closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await begin(client, ['SET', 'k', largeBytes], 300_000);
  vi.advanceTimersByTime(2 * limits.uploadStallMs);
  await client.ended;
  expect(store.writing).toBe(0);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(limits.uploadStallMs);
  expect(vi.getTimerCount()).toBe(0);
});

test('a job that ends in the midst of a value refuses it', async () => {
  const rest = await begin(client, ['SET', 'k', largeBytes], 300_000);
  await job().end();
  fleet.shard(1).jobs.delete('one-job');
  expect((await client.send(rest, 1))[0]).toMatch(/^-NOJOB/);
  expect(store.writing).toBe(0);
});

test('refusals come as for small values', async () => {
  const reader = await fleet.client('one-job', { verbs: ['read'] });
  expect(await reader.call('SET', 'k', largeBytes)).toMatch(/^-NOPERM/);
  expect(await client.call('SET', '@persist/k', largeBytes)).toMatch(/^-ERR keys that begin with @persist/);
  expect(await client.call('SET', 'x'.repeat(limits.keyBytes + 1), largeBytes)).toMatch(/^-TOOLARGE/);
  expect(await client.call('SET', 'k', largeBytes, 'NONSENSE')).toMatch(/^-ERR syntax error/);
  expect(store.writing).toBe(0);
});

test('large replies keep their place among small ones, and are let go of once they are sent', async () => {
  await client.call('SET', 'k', largeBytes);
  const commands = [
    ['PING', '1'],
    ['GET', 'k'],
    ['PING', '2'],
    ['GETRANGE', 'k', '10', '199999'],
    ['GET', 'k'],
    ['PING', '3'],
  ];
  const replies = await client.send(Buffer.concat(commands.map((command) => encodeCommand(command))), 6);
  expect(replies).toEqual(['1', large, '2', large.slice(10, 200_000), large, '3']);
  expect(store.pins).toBe(3);
  await client.call('PING');
  expect(store.pinned).toBe(0);
});

test('a large value that is being sent may be replaced', async () => {
  await client.call('SET', 'k', largeBytes);
  client.socket.pause();
  const replies = client.send(Buffer.concat([...Array(20)].map(() => encodeCommand(['GET', 'k']))), 20);
  const other = await fleet.client('one-job');
  while (store.pins < 4) await other.call('PING');
  await other.call('SET', 'k', 'new');
  client.socket.resume();
  const kinds = (await replies).map((reply) => (reply === large ? 'old' : reply));
  expect(kinds).toEqual([...Array(20)].map((_, index) => (index < kinds.indexOf('new') ? 'old' : 'new')));
  await client.call('PING');
  expect(store.pinned).toBe(0);
});

test('a reader that goes away lets go of what it was being sent', async () => {
  await client.call('SET', 'k', largeBytes);
  client.socket.pause();
  void client.send(Buffer.concat([...Array(20)].map(() => encodeCommand(['GET', 'k']))), 20);
  const other = await fleet.client('one-job');
  while (store.pins < 4) await other.call('PING');
  client.close();
  while (store.pinned > 0) await other.call('PING');
  expect(store.pins).toBeLessThan(20);
});

test('MGET answers with large and small values in the order of their keys', async () => {
  const small = ['SET', 'a', 'small'];
  for (const command of [small, ['SET', 'b', largeBytes], ['SET', 'c', 'other']])
    expect(await client.call(...command)).toBe('OK');
  const values = (await client.call('MGET', 'b', 'none', 'a', 'b', 'c')) as (string | null)[];
  expect(values.map((value) => (value === large ? 'large' : value))).toEqual(['large', null, 'small', 'large', 'other']);
});
