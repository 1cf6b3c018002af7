import { expect, test } from 'vitest';
import { TestShard } from '../testing/test-shard.js';

test('a job that shares nothing says why', async () => {
  const shard = new TestShard();
  const answer = { layout: 1, folder: null, reason: 'the job has nothing in dram here yet' };
  expect(await shard.text('SATCHEL.ARENA')).toEqual(answer);
  expect(shard.opened).toBe(0);
  const cache = new TestShard({ evict: true });
  await cache.run('SET', 'a', 'x');
  expect(await cache.text('SATCHEL.ARENA')).toMatchObject({ folder: null, reason: 'the job is a cache' });
});

test('reads in place are added up as they are reported, within bounds', async () => {
  const shard = new TestShard();
  expect(await shard.text('SATCHEL.LOCALREADS', 3, 3000)).toBe('OK');
  expect(await shard.text('SATCHEL.LOCALREADS', 2, 0)).toBe('OK');
  for (const [count, bytes] of [
    [-1, 0],
    [0, -1],
    ['x', 0],
    [1, ''],
  ]) {
    expect(await shard.text('SATCHEL.LOCALREADS', count as string, bytes as string)).toMatch(/^-ERR/);
  }
  expect(shard.job.usage).toMatchObject({ localReads: 5, localBytes: 3000 });
  await shard.run('SATCHEL.LOCALREADS', '9000000000000000000', '9000000000000000000');
  expect(shard.job.usage.localReads).toBe(5 + 1e9);
});
