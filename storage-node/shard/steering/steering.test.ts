import { slotOf, systemClock, type UsageTotals } from '@satchel/proto/core';
import { afterEach, describe, expect, test } from 'vitest';
import { JobGrant } from '../grants.js';
import type { ShardJob } from '../job.js';
import { LoadedJob } from '../loaded-job.js';
import { SlotMoves } from '../testing/slot-moves.js';
import { type TestClient, TestFleet } from '../testing/test-fleet.js';

let fleet: TestFleet;
afterEach(() => fleet.close());

const all = [0, 16_384] as const;

async function started(
  shards = 3,
): Promise<{ moves: SlotMoves; at: (shard: number) => Promise<TestClient>; endpoint: (shard: number) => Promise<TestClient> }> {
  fleet = await TestFleet.start({ shards });
  const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  tell(moves, 1, 2, 3);
  return {
    moves,
    at: (shard) => fleet.client('job', { shard, direct: true }),
    endpoint: (shard) => fleet.client('job', { shard }),
  };
}

function tell({ configuration }: SlotMoves, ...shards: number[]): void {
  for (const shard of shards) if (shard <= fleet.shards.length) fleet.shard(shard).configure(configuration);
}

/** What the shard reports of a job. */
function usageOf(job: ShardJob | undefined): UsageTotals | undefined {
  if (job === undefined) return undefined;
  const grant = new JobGrant(0, { bytes: 0, version: 0 }, { request: () => undefined, giveBack: () => undefined }, systemClock);
  return new LoadedJob(job, grant, () => 0, 0).counters(systemClock);
}

describe('a new owner of slots', () => {
  test('answers reads of what the shard before still holds, which is told of the move by the new owner', async () => {
    const { moves, at } = await started();
    const before = await at(1);
    await before.call('SET', 'key', 'value');
    moves.move(...all, 2);
    tell(moves, 2);
    const client = await at(2);
    expect(await client.call('GET', 'key')).toBe('value');
    expect(await client.call('GETRANGE', 'key', '1', '2')).toBe('al');
    expect(await client.call('EXISTS', 'key')).toBe(1);
    expect(await client.call('GET', 'other')).toBe(null);
    expect(fleet.shard(1).jobs.get('job')?.objects.count).toBe(1);
    expect(await before.call('SET', 'key', 'late')).toBe(
      `-MOVED ${slotOf('key')} 127.0.0.1:${fleet.shard(2).address.directPort}`,
    );
  });

  test("leaves what the shard before still holds in that one's count, for usage", async () => {
    const { moves, at } = await started();
    const before = await at(1);
    for (const key of ['a', 'b', 'c']) await before.call('SET', key, 'value');
    moves.move(...all, 2);
    tell(moves, 1, 2);
    const client = await at(2);
    expect(await client.call('APPEND', 'a', 's')).toBe(6);
    const counted = fleet.shards.map(({ jobs }) => usageOf(jobs.get('job'))?.objects);
    expect(counted).toEqual([2, 1, 0]);
  });

  test('takes an object over with all it is before it changes it', async () => {
    const { moves, at } = await started();
    const before = await at(1);
    await before.call('SATCHEL.PUT', 'a', '41', 'ATTEMPT', '7', 'PX', '60000');
    await before.call('RPUSH', 'list', 'x', 'y');
    await before.call('SADD', 'set', 'm');
    await before.call('SATCHEL.PUT', 'twice', 'value', 'READS', '2');
    moves.move(...all, 2);
    tell(moves, 2);
    const client = await at(2);
    expect(await client.call('INCR', 'a')).toBe(42);
    expect(await client.call('SATCHEL.STAT', 'a')).toMatchObject({ attempt: 7 });
    expect(await client.call('PTTL', 'a')).toBeGreaterThan(50_000);
    expect(await client.call('RPUSH', 'list', 'z')).toBe(3);
    expect(await client.call('SADD', 'set', 'm')).toBe(0);
    expect(await client.call('GET', 'twice')).toBe('value');
    expect(await client.call('GET', 'twice')).toBe('value');
    expect(await client.call('GET', 'twice')).toBe(null);
    expect(fleet.shard(1).jobs.get('job')?.objects.count).toBe(0);
  });

  test('drops there what it replaces and what it deletes', async () => {
    const { moves, at, endpoint } = await started();
    const before = await at(1);
    for (const key of ['a', 'b', 'c']) await before.call('SET', key, 'old');
    moves.move(...all, 2);
    tell(moves, 1, 2);
    const client = await endpoint(2);
    expect(await client.call('SET', 'a', 'new')).toBe('OK');
    expect(await client.call('DEL', 'b', 'missing', 'c')).toBe(2);
    expect(await client.call('DEL', 'a')).toBe(1);
    expect(await client.call('MGET', 'a', 'b', 'c')).toEqual([null, null, null]);
    expect(fleet.shard(1).jobs.get('job')?.objects.count).toBe(0);
  });

  test('asks all who had the slots, the latest first', async () => {
    const { moves, at, endpoint } = await started();
    const first = await at(1);
    for (const key of ['a', 'b', 'c']) await first.call('SET', key, `${key}1`);
    moves.move(...all, 2);
    tell(moves, 2);
    const second = await at(2);
    expect(await second.call('APPEND', 'b', '2')).toBe(3);
    moves.move(...all, 3);
    tell(moves, 3);
    const third = await endpoint(3);
    expect(await third.call('GET', 'a')).toBe('a1');
    expect(await third.call('GET', 'b')).toBe('b12');
    expect(await third.call('DEL', 'a', 'b', 'c', 'd')).toBe(3);
    expect(await third.call('GET', 'b')).toBe(null);
  });

  test('says that a failed key has failed', async () => {
    const { moves, at } = await started();
    await (await at(1)).call('SATCHEL.FAIL', 'key', 'it broke');
    moves.move(...all, 2);
    tell(moves, 2);
    const client = await at(2);
    expect(await client.call('GET', 'key')).toBe('-FAILED it broke');
    expect(await client.call('INCR', 'key')).toBe('-FAILED it broke');
    expect(await client.call('SET', 'key', '1')).toBe('OK');
    expect(await client.call('INCR', 'key')).toBe(2);
  });

  test('says that what was not written since is lost if the shard before is gone for good', async () => {
    const { moves, at } = await started();
    await (await at(1)).call('SET', 'key', 'value');
    moves.move(...all, 2, true);
    tell(moves, 2);
    const client = await at(2);
    expect(await client.call('GET', 'key')).toMatch(/^-LOST /);
    expect(await client.call('SET', 'key', 'new')).toBe('OK');
    expect(await client.call('GET', 'key')).toBe('new');
    expect(await client.call('DEL', 'other')).toBe(0);
    expect(await client.call('GET', 'other')).toBe(null);
  });
});

describe('a shard that had slots before', () => {
  test('says when nothing is left of them, and is then not asked any more', async () => {
    const { moves, at } = await started();
    await (await at(1)).call('SET', 'key', 'value');
    moves.move(...all, 2);
    tell(moves, 1, 2);
    const client = await at(2);
    expect(await client.call('GETDEL', 'key')).toBe('value');
    await expect.poll(() => fleet.shard(1).emptied).toEqual([{ job: 'job', epoch: 2, spans: [{ start: 0, end: 16_384 }] }]);
    moves.emptied(1, 2, [{ start: 0, end: 16_384 }]);
    tell(moves, 1, 2);
    expect(fleet.shard(2).jobs.get('job')?.steering.steered).toBe(false);
    await expect.poll(() => fleet.shard(1).jobs.get('job')?.steering.steered).toBe(false);
  });

  test('drops what it has of slots that nobody asks it for', async () => {
    const { moves, at } = await started();
    await (await at(1)).call('SET', 'key', 'value');
    moves.move(...all, 2);
    moves.emptied(1, 2, [{ start: 0, end: 16_384 }]);
    tell(moves, 1);
    await expect.poll(() => fleet.shard(1).jobs.get('job')?.objects.count).toBe(0);
  });
});

describe('those who wait', () => {
  const slow = '60000';

  test('for a key get the value of the new owner, wherever they asked', async () => {
    const { moves, at, endpoint } = await started();
    const [here, there, strict] = [await endpoint(1), await endpoint(3), await at(1)];
    const waiting = [here.call('SATCHEL.WAIT', 'key', slow), there.call('SATCHEL.WAIT', 'key', slow)];
    const refused = strict.call('SATCHEL.WAIT', 'key', slow);
    await expect.poll(() => fleet.shard(1).jobs.get('job')?.waits.pending).toBe(3);
    moves.move(...all, 2);
    tell(moves, 1, 2, 3);
    expect(await refused).toMatch(/^-MOVED /);
    await (await at(2)).call('SET', 'key', 'value');
    expect(await Promise.all(waiting)).toEqual(['value', 'value']);
  });

  test('for an element get one that is still where its list was before', async () => {
    const { moves, at, endpoint } = await started();
    await (await at(1)).call('RPUSH', 'list', 'a');
    moves.move(...all, 2);
    tell(moves, 1, 2, 3);
    expect(await (await endpoint(3)).call('BLPOP', 'list', '1')).toEqual(['list', 'a']);
    expect(await (await endpoint(1)).call('EXISTS', 'list')).toBe(0);
  });

  test('for an element of a list get it of the new owner, one each', async () => {
    const { moves, at, endpoint } = await started();
    const waiting = [(await endpoint(1)).call('BLPOP', 'list', '0'), (await endpoint(3)).call('BLPOP', 'list', '0')];
    await expect.poll(() => fleet.shard(1).jobs.get('job')?.pops.waitersAt('list')).toBe(2);
    moves.move(...all, 2);
    tell(moves, 2, 3, 1);
    const client = await at(2);
    await client.call('RPUSH', 'list', 'a', 'b');
    expect((await Promise.all(waiting)).sort()).toEqual([
      ['list', 'a'],
      ['list', 'b'],
    ]);
    expect(await client.call('EXISTS', 'list')).toBe(0);
  });

  test('for a number of objects count those that are still where the slots were, once', async () => {
    const { moves, at, endpoint } = await started();
    const before = await endpoint(1);
    for (const name of ['a', 'b', 'c']) await before.call('SET', `p/${name}`, '1');
    const waiting = [
      (await endpoint(1)).call('SATCHEL.WAITCOUNT', 'p/', '5', slow),
      (await endpoint(3)).call('SATCHEL.WAITCOUNT', 'p/', '5', slow),
    ];
    moves.move(4000, 12_000, 2);
    tell(moves, 2, 3, 1);
    const client = await endpoint(2);
    for (const name of ['a', 'b', 'c']) await client.call('APPEND', `p/${name}`, '2');
    await client.call('SET', 'p/d', '1');
    expect(await client.call('SATCHEL.WAITCOUNT', 'p/', '5', '20')).toBe(4);
    await client.call('SET', 'p/e', '1');
    expect(await Promise.all(waiting)).toEqual([5, 5]);
    expect(await (await at(2)).call('SATCHEL.WAITCOUNT', 'none', '1', '5')).toBe(0);
  });
});

describe('what is lost', () => {
  test('is said of keys that a shard lost which had the slots before, until they are written', async () => {
    fleet = await TestFleet.start({ shards: 2, losesData: true });
    const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
    tell(moves, 1, 2);
    await (await fleet.client('job', { direct: true })).call('SET', 'key', 'value');
    moves.move(...all, 2);
    tell(moves, 1, 2);
    const client = await fleet.client('job', { shard: 2, direct: true });
    expect(await client.call('GET', 'key')).toBe('value');
    expect(await client.call('DEL', 'gone')).toBe(0);
    await fleet.shard(1).restart();
    const again = async (...words: string[]) => {
      let reply: unknown;
      await expect.poll(async () => (reply = await client.call(...words))).not.toMatch(/^-UN/);
      return reply;
    };
    expect(await again('GET', 'key')).toMatch(/^-LOST /);
    expect(await client.call('GET', 'gone')).toBe(null);
    expect(await client.call('INCR', 'key')).toMatch(/^-LOST /);
    expect(await client.call('SATCHEL.WAIT', 'key', '5')).toMatch(/^-LOST /);
    expect(await client.call('DBSIZE')).toMatch(/^-LOST /);
    expect(await client.call('SET', 'key', '7')).toBe('OK');
    expect(await client.call('INCR', 'key')).toBe(8);
    expect(await client.call('FLUSHALL')).toBe('OK');
    expect(await client.call('GET', 'other')).toBe(null);
    expect(await client.call('DBSIZE')).toBe(0);
  });

  test('a new owner that comes back without its data never shows what it had changed', async () => {
    fleet = await TestFleet.start({ shards: 2, losesData: true });
    const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
    tell(moves, 1, 2);
    const before = await fleet.client('job', { direct: true });
    for (const key of ['kept', 'changed', 'deleted']) await before.call('SET', key, 'old');
    moves.move(...all, 2);
    tell(moves, 1, 2);
    const client = await fleet.client('job', { shard: 2, direct: true });
    await client.call('APPEND', 'changed', 'er');
    await client.call('DEL', 'deleted');
    await fleet.shard(2).restart();
    const later = await fleet.client('job', { shard: 2, direct: true });
    expect(await later.call('GET', 'kept')).toBe('old');
    expect(await later.call('GET', 'changed')).toMatch(/^-LOST /);
    expect(await later.call('GET', 'deleted')).toMatch(/^-LOST /);
  });
});

test('what was flushed is not lost when the next configuration says again that a shard is gone', async () => {
  const { moves, endpoint } = await started(2);
  moves.move(...all, 2, true);
  tell(moves, 1, 2);
  const client = await endpoint(2);
  expect(await client.call('GET', 'key')).toMatch(/^-LOST /);
  expect(await client.call('DBSIZE')).toMatch(/^-LOST /);
  expect(await client.call('FLUSHALL')).toBe('OK');
  moves.emptied(3, 1, []);
  tell(moves, 1, 2);
  expect(await client.call('GET', 'key')).toBe(null);
  expect(await client.call('DBSIZE')).toBe(0);
});
