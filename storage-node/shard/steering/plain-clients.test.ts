import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, expect, test } from 'vitest';
import { FlowingStore } from '../testing/flowing-store.js';
import { SlotMoves } from '../testing/slot-moves.js';
import { TestFleet } from '../testing/test-fleet.js';

let fleet: TestFleet;
afterEach(() => fleet.close());

const all = [0, 16_384] as const;

async function started() {
  fleet = await TestFleet.start({ shards: 4 });
  const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  const tell = (...shards: number[]) => {
    for (const shard of shards) fleet.shard(shard).configure(moves.configuration);
  };
  tell(1, 2, 3, 4);
  return { moves, tell };
}

test('a client of an endpoint that has not heard where slots are is answered all the same', async () => {
  const { moves, tell } = await started();
  const client = await fleet.client('job', { shard: 4, version: 2 });
  await client.call('MSET', 'a', '1', 'b', '2', 'c', '3');
  moves.move(...all, 2);
  tell(1, 2);
  expect(await client.call('GET', 'a')).toBe('1');
  expect(await client.call('INCR', 'a')).toBe(2);
  expect(await client.call('SET', 'd', 'new')).toBe('OK');
  moves.move(8192, 16_384, 3);
  tell(1, 2, 3);
  expect(await client.call('MGET', 'a', 'b', 'c', 'd', 'e')).toEqual(['2', '2', '3', 'new', null]);
  expect(await client.call('MSET', 'a', 'x', 'b', 'y', 'c', 'z')).toBe('OK');
  expect(await client.call('MGET', 'c', 'b', 'a')).toEqual(['z', 'y', 'x']);
  expect(await client.call('DEL', 'a', 'b', 'c', 'd', 'e')).toBe(4);
  expect(await client.call('MSETNX', 'a', '1', 'b', '2')).toMatch(/^-CROSSSLOT /);
});

test('a client whose slot leaves the shard it asks while its command is under way is answered by the shard that gets it', async () => {
  const { moves, tell } = await started();
  await (await fleet.client('job', { shard: 1 })).call('SET', 'key', '41');
  moves.move(...all, 2);
  const ports = fleet.shard(1).address;
  // Shard 2 cannot tell shard 1 of it, so its commands wait.
  fleet.shard(1).moveTo(1);
  tell(2);
  const [plain, strict] = [await fleet.client('job', { shard: 2 }), await fleet.client('job', { shard: 2, direct: true })];
  const waiting = plain.send(Buffer.concat([encodeCommand(['INCR', 'key']), encodeCommand(['GET', 'key'])]), 2);
  const refused = strict.call('INCR', 'key');
  await expect.poll(() => fleet.shard(2).jobs.get('job')?.steering.lanes.size).toBeGreaterThan(0);
  fleet.shard(1).moveTo(ports.directPort);
  moves.move(...all, 3);
  tell(3, 2);
  expect(await waiting).toEqual([42, '42']);
  expect(await refused).toMatch(/^-MOVED /);
});

test('commands of one connection keep their order when its endpoint hears of a move between them', async () => {
  const { moves, tell } = await started();
  const client = await fleet.client('job', { shard: 4 });
  const passedTo = (shard: number) => fleet.shard(shard).server.commandCounts['satchel.on'] ?? 0;
  for (let round = 0; round < 6; round++) {
    const [from, to] = [1 + (round % 3), 1 + ((round + 1) % 3)];
    const push = (first: number) =>
      Buffer.concat(Array.from({ length: 10 }, (_, index) => encodeCommand(['RPUSH', `list${round}`, String(first + index)])));
    moves.move(...all, to);
    tell(from);
    const before = passedTo(from);
    const early = client.send(push(0), 10);
    // They are refused where they went, and the new owner has not heard of the move.
    await expect.poll(() => passedTo(from), { interval: 1 }).toBeGreaterThanOrEqual(before + 10);
    tell(1, 2, 3, 4);
    const late = client.send(push(10), 10);
    const lengths = [...(await early), ...(await late)];
    expect(lengths).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await client.call('LRANGE', `list${round}`, '0', '-1')).toEqual(lengths.map((length) => String(Number(length) - 1)));
  }
});

test('what no shard takes for its own is given up after a while, and said to be moving', { timeout: 20_000 }, async () => {
  const { moves, tell } = await started();
  const client = await fleet.client('job', { shard: 4 });
  moves.move(...all, 2);
  tell(1);
  expect(await client.call('SET', 'key', 'value')).toMatch(/^-GONE slot \d+ is moving to .*; repeat the command$/);
});

test('a large value whose slot leaves while it arrives is stored where the slot is then', async () => {
  const store = new FlowingStore();
  fleet = await TestFleet.start({ shards: 2, openTiers: (shard) => [shard === 1 ? store : new FlowingStore()] });
  const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  const tell = () => {
    for (const shard of fleet.shards) shard.configure(moves.configuration);
  };
  tell();
  const clients = [await fleet.client('job'), await fleet.client('job', { direct: true })];
  const value = 'x'.repeat(100_000);
  const set = encodeCommand(['SET', 'key', value]);
  const answers = clients.map((client) => client.send(set.subarray(0, 90_000), 1));
  await expect.poll(() => store.writing).toBe(2);
  moves.move(...all, 2);
  tell();
  for (const client of clients) client.socket.write(set.subarray(90_000));
  expect(await answers[0]).toEqual(['OK']);
  expect((await answers[1])?.[0]).toMatch(/^-MOVED /);
  expect(store.writing).toBe(0);
  expect(await (await fleet.client('job', { shard: 2, direct: true })).call('GET', 'key')).toBe(value);
});
