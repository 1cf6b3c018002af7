import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestSession, TestShard } from '../testing/test-shard.js';

/** Lets everything that can go on now do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

describe('BLPOP', () => {
  test('waits for as long as it says, to the fraction of a second, and no longer', async () => {
    const shard = new TestShard();
    const popped = shard.text('BLPOP', 'a', 'b', '0.25');
    shard.clock.advance(249);
    await settle();
    expect(shard.job.pops.size).toBe(2);
    shard.clock.advance(1);
    expect(await popped).toBeNull();
    expect([shard.job.pops.size, shard.shardWaits.count, shard.session.listeners]).toEqual([0, 0, 0]);
  });

  test('serves who came first, and each one once', async () => {
    const shard = new TestShard();
    const popped = Array.from({ length: 5 }, () => shard.text('BLPOP', 'k', 0));
    await settle();
    expect(await shard.text('RPUSH', 'k', 'a', 'b')).toBe(2);
    expect(await Promise.all(popped.slice(0, 2))).toEqual([
      ['k', 'a'],
      ['k', 'b'],
    ]);
    expect(await shard.text('LPUSH', 'k', 'c', 'd', 'e', 'f')).toBe(4);
    expect(await Promise.all(popped)).toEqual([
      ['k', 'a'],
      ['k', 'b'],
      ['k', 'f'],
      ['k', 'e'],
      ['k', 'd'],
    ]);
    expect(await shard.text('LRANGE', 'k', 0, -1)).toEqual(['c']);
    shard.check();
  });

  test('takes of the list that got something first, of the first of its lists if all have', async () => {
    const shard = new TestShard();
    const popped = shard.text('BRPOP', 'a', 'b', 'c', 0);
    await settle();
    await shard.run('RPUSH', 'c', '1', '2');
    expect(await popped).toEqual(['c', '2']);
    await shard.run('RPUSH', 'b', '3');
    expect(await shard.text('BRPOP', 'a', 'b', 'c', 0)).toEqual(['b', '3']);
    expect(await shard.text('BRPOP', 'a', 'b', 'c', 0)).toEqual(['c', '1']);
    expect(shard.job.pops.size).toBe(0);
  });

  test('is served by whatever makes the list: a move, a rename', async () => {
    const shard = new TestShard();
    const popped = [shard.text('BLPOP', 'k', 0), shard.text('BLPOP', 'k', 0)];
    await shard.run('RPUSH', 'other', 'moved');
    expect(await shard.text('LMOVE', 'other', 'k', 'LEFT', 'LEFT')).toBe('moved');
    await shard.run('RPUSH', 'other', 'renamed');
    expect(await shard.text('RENAME', 'other', 'k')).toBe('OK');
    expect(await Promise.all(popped)).toEqual([
      ['k', 'moved'],
      ['k', 'renamed'],
    ]);
    shard.check();
  });

  test('serves no connection that has gone', async () => {
    const shard = new TestShard();
    const gone = new TestSession();
    const first = shard.runOn(gone, 'BLPOP', 'k', 0);
    const second = shard.text('BLPOP', 'k', 0);
    await settle();
    gone.close();
    await first;
    await shard.run('RPUSH', 'k', 'x');
    expect(await second).toEqual(['k', 'x']);
    expect([shard.job.pops.size, shard.shardWaits.count]).toEqual([0, 0]);
  });

  test('is not woken by a string, and tells if its first list is one', async () => {
    const shard = new TestShard();
    const popped = shard.text('BLPOP', 'k', 0);
    await shard.run('SET', 'k', 'x');
    await settle();
    expect(shard.job.pops.size).toBe(1);
    await shard.run('DEL', 'k');
    await shard.run('RPUSH', 'k', 'x');
    expect(await popped).toEqual(['k', 'x']);
    await shard.run('SADD', 's', 'x');
    expect(await shard.text('BLPOP', 's', 'k', 0)).toMatch(/^-WRONGTYPE /);
  });
});

describe('BLMOVE', () => {
  test('moves what comes, and on through a chain of lists', async () => {
    const shard = new TestShard();
    const last = shard.text('BLPOP', 'c', 0);
    const moves = [shard.text('BLMOVE', 'a', 'b', 'LEFT', 'RIGHT', 0), shard.text('BRPOPLPUSH', 'b', 'c', 0)];
    await settle();
    await shard.run('RPUSH', 'a', 'x');
    expect(await Promise.all([...moves, last])).toEqual(['x', 'x', ['c', 'x']]);
    expect(await shard.text('DBSIZE')).toBe(0);
    shard.check();
  });

  test('with a place to go that is no list gets the error, and the element stays for the next', async () => {
    const shard = new TestShard();
    const moved = shard.text('BLMOVE', 'from', 'to', 'LEFT', 'LEFT', 0);
    const popped = shard.text('BLPOP', 'from', 0);
    await settle();
    await shard.run('SET', 'to', 'string');
    await shard.run('RPUSH', 'from', 'x');
    expect(await moved).toMatch(/^-WRONGTYPE /);
    expect(await popped).toEqual(['from', 'x']);
    expect([shard.job.pops.size, shard.shardWaits.count]).toEqual([0, 0]);
    shard.check();
  });

  test('waits for the quota of its new list, and another takes nothing of what is promised to it meanwhile', async () => {
    const shard = new TestShard();
    const moved = shard.text('BLMOVE', 'from', 'a longer name', 'LEFT', 'LEFT', 0);
    const popped = shard.text('BLPOP', 'from', 0);
    await settle();
    shard.grant.slow = true;
    await shard.run('RPUSH', 'from', 'x');
    await shard.run('RPUSH', 'from', 'y');
    expect([await moved, await popped]).toEqual(['x', ['from', 'y']]);
    expect(await shard.text('LRANGE', 'a longer name', 0, -1)).toEqual(['x']);
    shard.check();
  });
});

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('push'), key, fc.integer({ min: 1, max: 3 })) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('pop'), key, fc.integer({ min: 0, max: 2 })) },
  fc.tuple(fc.constant('move'), key, fc.constant(0)),
  fc.tuple(fc.constant('leave'), key, fc.nat(20)),
  fc.tuple(fc.constant('wait'), key, fc.nat(30)),
  fc.tuple(fc.constant('turn'), key, fc.constant(0)),
  fc.tuple(fc.constant('slow'), key, fc.nat(1)),
);

test('whatever connections do, every element is delivered once, in the order of the list, to who waits longest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const shard = new TestShard();
      const sessions: TestSession[] = [];
      const delivered: string[] = [];
      const pending: Promise<unknown>[] = [];
      let pushed = 0;
      for (const [name, list, number] of steps) {
        if (name === 'push') {
          const elements = Array.from({ length: number }, () => `${list}${pushed++}`);
          pending.push(shard.text('RPUSH', list, ...elements));
        } else if (name === 'pop' || name === 'move') {
          const session = new TestSession();
          sessions.push(session);
          const others = ['a', 'b', 'c'].slice(0, number).filter((other) => other !== list);
          const command = name === 'pop' ? ['BLPOP', list, ...others, 0] : ['BLMOVE', list, `${list}-done`, 'LEFT', 'RIGHT', 0];
          const popped = shard.runOn(session, ...command).then((reply) => {
            const element = Array.isArray(reply) ? reply[1] : reply;
            if (Buffer.isBuffer(element)) delivered.push(element.toString());
          });
          pending.push(popped);
        } else if (name === 'leave') sessions[number]?.close();
        else if (name === 'wait') shard.clock.advance(number);
        else if (name === 'turn') await settle();
        else shard.grant.slow = number === 1;
      }
      await settle();
      for (const session of sessions) session.close();
      await Promise.all(pending);
      const left: string[] = [];
      for (const list of ['a', 'b', 'c']) left.push(...((await shard.text('LRANGE', list, 0, -1)) as string[]));
      expect(new Set([...delivered, ...left]).size).toBe(pushed);
      expect(delivered.length + left.length).toBe(pushed);
      for (const list of ['a', 'b', 'c']) {
        const numbers = delivered.filter((element) => element.startsWith(list)).map((element) => Number(element.slice(1)));
        expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      }
      expect([shard.job.pops.size, shard.shardWaits.count]).toEqual([0, 0]);
      shard.check();
    }),
    { numRuns: 300 },
  );
}, 60_000);
