import { expect, test } from 'vitest';
import { Key } from '../store/key.js';
import { failuresPerJob } from './failures.js';
import { TestShard } from './testing/test-shard.js';

test('a job has a limited number of failed keys, one of which may fail again', async () => {
  const shard = new TestShard();
  for (let index = 0; index < failuresPerJob; index++) shard.job.fail(Key.of(`k${index}`), 'x', 0);
  expect(await shard.text('SATCHEL.FAIL', 'one-more', 'x')).toMatch(/^-OOM .*100000/);
  expect(await shard.text('SATCHEL.FAIL', 'k0', 'y')).toBe('OK');
  await shard.run('DEL', 'k1');
  expect(await shard.text('SATCHEL.FAIL', 'one-more', 'x')).toBe('OK');
  await shard.run('FLUSHALL');
  shard.check();
});
