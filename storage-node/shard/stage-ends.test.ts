import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objectCharge } from '../store/tier-store.js';
import type { ShardMessage } from './messages.js';
import { StageEnds } from './stage-ends.js';
import { ManualClock } from './testing/manual-clock.js';
import { TestShard } from './testing/test-shard.js';

let shard: TestShard;
let sent: ShardMessage[];
let ends: StageEnds;
const problems: unknown[] = [];
beforeEach(() => {
  shard = new TestShard();
  sent = [];
  ends = new StageEnds({
    clock: new ManualClock(),
    send: (message) => sent.push(message),
    complain: (_, error) => problems.push(error),
  });
});
afterEach(() => expect(problems.splice(0)).toEqual([]));

const prefixes = (...given: [serial: number, prefix: string, pending?: boolean][]) => ({
  ...shard.job.configuration,
  endedPrefixes: given.map(([serial, prefix, pending = true]) => ({ serial, prefix, pending })),
});
const emptied = (serial: number, objects: number, bytes: number) => ({
  kind: 'prefix-emptied',
  job: 'test-job',
  serial,
  reclaimed: { objects, bytes },
});

describe('the end of a stage on a shard', () => {
  test('deletes what is under its prefix in every tier, lists included, and nothing else', async () => {
    for (const key of ['map/1', 'map/2', 'ma', 'map', 'reduce/1']) await shard.run('SET', key, 'x');
    await shard.run('SATCHEL.PUT', 'map/ssd', 'x', 'TIER', 'ssd');
    await shard.run('SATCHEL.PUT', 'map/object', 'x', 'TIER', 'object');
    await shard.run('RPUSH', 'map/list', 'x');
    await shard.run('SATCHEL.FAIL', 'map/failed', 'why');
    ends.follow(prefixes([1, 'map/']), shard.job);
    await expect
      .poll(() => sent)
      .toEqual([expect.objectContaining({ serial: 1, reclaimed: expect.objectContaining({ objects: 5 }) })]);
    const keys = (await shard.run('KEYS', '*')) as Buffer[];
    expect(keys.map(String).sort()).toEqual(['ma', 'map', 'reduce/1']);
    expect(shard.job.failures.size).toBe(0);
    expect(shard.job.usage.heldBytes).toBe(2 * objectCharge(3, 1) - 1 + objectCharge(8, 1));
  });

  test('happens once; who asks again is told the same', async () => {
    await shard.run('SET', 'a/1', 'xyz');
    ends.follow(prefixes([4, 'a/']), shard.job);
    ends.follow(prefixes([4, 'a/']), shard.job);
    await expect.poll(() => sent).toEqual([emptied(4, 1, objectCharge(3, 3))]);
    ends.follow(prefixes([4, 'a/']), shard.job);
    expect(sent).toEqual([emptied(4, 1, objectCharge(3, 3)), emptied(4, 1, objectCharge(3, 3))]);
    ends.follow(prefixes([4, 'a/', false]), shard.job);
    expect(sent).toHaveLength(2);
  });

  test('is over at once where the job holds nothing', () => {
    ends.follow(prefixes([1, 'a/'], [2, 'b/']), undefined);
    expect(sent).toEqual([emptied(1, 0, 0), emptied(2, 0, 0)]);
  });

  test('waits for writes that were under way, so that none of them leaves anything', async () => {
    shard.object.hold();
    const put = shard.run('SATCHEL.PUT', 'a/slow', 'x', 'TIER', 'object');
    ends.follow(prefixes([1, 'a/']), shard.job);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    shard.object.release();
    expect(await put).toBe('OK');
    await expect.poll(() => sent).toEqual([emptied(1, 1, objectCharge(6, 1))]);
    expect(await shard.run('GET', 'a/slow')).toBeNull();
  });

  test('ends waits for what will not come any more', async () => {
    const wait = shard.run('SATCHEL.WAIT', 'a/never', '0');
    ends.follow(prefixes([1, 'a/']), shard.job);
    expect(await wait).toMatchObject({ line: expect.stringMatching(/^FENCED the stage of prefix 'a\/' has ended/) });
    expect(await shard.run('SATCHEL.WAIT', 'a/other', '0')).toMatchObject({ line: expect.stringMatching(/^FENCED/) });
  });

  test('takes its prefix and nothing else, whatever else is written and ends at the same time', async () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 4 });
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('put' as const), key, tier: fc.constantFrom('dram', 'ssd', 'object') }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('push' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), prefix: key }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'hold' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'release' as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const one = new TestShard();
        const told: ShardMessage[] = [];
        const stageEnds = new StageEnds({
          clock: new ManualClock(),
          send: (message) => told.push(message),
          complain: (_, error) => problems.push(error),
        });
        const sealed: { serial: number; prefix: string; pending: boolean }[] = [];
        const model = new Set<string>();
        const underWay: Promise<unknown>[] = [];
        const isSealed = (name: string) => sealed.some(({ prefix }) => name.startsWith(prefix));
        for (const taken of steps) {
          if (taken.kind === 'put') {
            if (!isSealed(taken.key)) model.add(taken.key);
            underWay.push(one.run('SATCHEL.PUT', taken.key, 'x', 'TIER', taken.tier));
          } else if (taken.kind === 'push') {
            if (!isSealed(taken.key)) model.add(taken.key);
            underWay.push(one.run('DEL', taken.key), one.run('RPUSH', taken.key, 'x'));
          } else if (taken.kind === 'delete') {
            model.delete(taken.key);
            underWay.push(one.run('DEL', taken.key));
          } else if (taken.kind === 'end') {
            sealed.push({ serial: sealed.length + 1, prefix: taken.prefix, pending: true });
            stageEnds.follow({ ...one.job.configuration, endedPrefixes: [...sealed] }, one.job);
            for (const name of [...model]) if (isSealed(name)) model.delete(name);
          } else if (taken.kind === 'hold') one.object.hold();
          else one.object.release();
        }
        one.object.release();
        await Promise.all(underWay);
        await expect
          .poll(() => new Set(told.map((message) => message.kind === 'prefix-emptied' && message.serial)).size)
          .toBe(sealed.length);
        const left = (await one.run('KEYS', '*')) as Buffer[];
        expect(left.map(String).sort()).toEqual([...model].sort());
      }),
      { numRuns: 150 },
    );
  });
});
