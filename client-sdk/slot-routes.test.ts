import { expect, test } from 'vitest';
import { slotRoutesOf } from './slot-routes.js';

test('every slot leads to the shard that CLUSTER SLOTS names', () => {
  const routes = slotRoutesOf(
    [
      [0, 99, [Buffer.from('10.0.0.1'), 7501, Buffer.from('a')]],
      [100, 16_000, [Buffer.from('10.0.0.2'), 7501, Buffer.from('b')]],
      [16_001, 16_383, [Buffer.from('10.0.0.1'), 7501, Buffer.from('a')]],
    ],
    'unused',
  );
  expect(routes.shards).toEqual([
    { id: 'a', host: '10.0.0.1', port: 7501 },
    { id: 'b', host: '10.0.0.2', port: 7501 },
  ]);
  expect([0, 99, 100, 16_000, 16_001, 16_383].map((slot) => routes.table[slot])).toEqual([0, 0, 1, 1, 0, 0]);
});

test('a shard that does not say its host is where the URL points', () => {
  for (const host of [null, '', '?']) {
    expect(slotRoutesOf([[0, 16_383, [host, 7501, 'a']]], '10.0.0.9').shards[0]?.host).toBe('10.0.0.9');
  }
});

test('a slot without a shard and an unreadable answer are errors', () => {
  expect(() => slotRoutesOf([[0, 16_382, ['h', 1, 'a']]], '')).toThrow(/slot 16383/);
  for (const reply of ['OK', [1], [[0, 'x', ['h', 1]]], [[0, 16_383, ['h', 'x']]]]) {
    expect(() => slotRoutesOf(reply, '')).toThrow(/cannot be read/);
  }
});
