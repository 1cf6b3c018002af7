import { SatchelError, slotOf } from '@satchel/proto/core';
import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Key } from '../store/key.js';
import { MapStore } from '../store/testing/map-store.js';
import type { ObjectMetadata } from '../store/tier-store.js';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

/** A tier on a disk that may be full: what was put is seen, but not committed. Values of `slow` take a while. */
class DiskStore extends MapStore {
  full = false;
  committed: string[] = [];

  override put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    const put = () => super.put(key, value, start, end, metadata);
    if (value.toString('latin1', start, end) !== 'slow') return put();
    const [own, bytes] = [key.copy(), Buffer.from(value.subarray(start, end))];
    const later = new Promise((resolve) => setImmediate(resolve)).then(() =>
      super.put(own, bytes, 0, bytes.length, { ...metadata }),
    );
    return later as unknown as boolean;
  }

  override flush(): void {
    if (this.full) throw new SatchelError('unavailable', 'the disk is full');
  }
}

let stores: DiskStore[];
let fleet: TestFleet;
let client: TestClient;
const here = keyOn(1);
const there = keyOn(2);
const uncommitted = '-UNKNOWN the write may or may not survive a restart of the shard: the disk is full';
const others = '; the parts of this command for other shards were carried out';

beforeEach(async () => {
  stores = [];
  fleet = await TestFleet.start({
    openTiers() {
      const store = new DiskStore('ssd', 1_000_000);
      stores.push(store);
      return [store];
    },
  });
  client = await fleet.client();
  expect(await client.call('SET', here, 'old')).toBe('OK');
  expect(await client.call('SET', there, 'old')).toBe('OK');
});
afterEach(() => fleet.close());

function keyOn(shard: number): string {
  for (let index = 0; ; index++) if (Math.floor(slotOf(`key${index}`) / 8192) === shard - 1) return `key${index}`;
}

function diskOf(shard: number): DiskStore {
  const store = stores[shard - 1];
  if (store === undefined) throw new Error(`shard ${shard} has opened no store`);
  return store;
}

test('a write that could not be committed is an error, and the shard goes on', async () => {
  diskOf(1).full = true;
  expect(await client.call('SET', here, 'new')).toBe(uncommitted);
  expect(await client.call('GET', here)).toBe('new');
  diskOf(1).full = false;
  expect(await client.call('SET', here, 'newer')).toBe('OK');
});

test('one that took a while, too', async () => {
  diskOf(1).full = true;
  expect(await client.call('SET', here, 'slow')).toBe(uncommitted);
  expect(await client.call('PING')).toBe('PONG');
});

test('of pipelined replies those that are errors already stay, and those behind another shard are taken back', async () => {
  diskOf(1).full = true;
  const commands = [['GET', there], ['SET', here, 'new'], ['INCR', here], ['PING']];
  const replies = await client.send(Buffer.concat(commands.map((command) => encodeCommand(command))), 4);
  expect(replies[1]).toBe(uncommitted);
  expect(replies[2]).toBe('-ERR value is not an integer or out of range');
});

test('other jobs are not concerned', async () => {
  const other = await fleet.client('one-other');
  diskOf(1).full = true;
  const [mine, others] = await Promise.all([client.call('SET', here, 'new'), other.call('SET', 'k', 'v')]);
  expect([mine, others]).toEqual([uncommitted, 'OK']);
});

test('nor is a split command agreed to, or one of another shard', async () => {
  diskOf(1).full = true;
  expect(await client.call('MSET', here, '1', there, '2')).toBe(`${uncommitted}${others}`);
  expect(await client.call('MSET', here, 'slow', there, '2')).toBe(`${uncommitted}${others}`);
  diskOf(1).full = false;
  diskOf(2).full = true;
  expect(await client.call('SET', there, 'new')).toBe(uncommitted);
  expect(await client.call('SET', there, 'slow')).toBe(uncommitted);
  expect(await client.call('MSET', here, '1', there, '2')).toBe(`${uncommitted}${others}`);
  diskOf(2).full = false;
  expect(await client.call('MSET', here, '1', there, '2')).toBe('OK');
});
