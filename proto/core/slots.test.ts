import { expect, test } from 'vitest';
import { slotOf } from './slots.js';

test('slots are those of the Redis Cluster specification', () => {
  expect(slotOf('123456789')).toBe(0x31c3);
  expect(slotOf('foo')).toBe(12182);
  expect(slotOf('')).toBe(0);
});

test('keys with the same tag share a slot', () => {
  expect(slotOf('{user1000}.following')).toBe(slotOf('{user1000}.followers'));
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
});

test('an empty tag, an unclosed brace and a second tag are part of the key', () => {
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
  expect(slotOf('foo{bar')).not.toBe(slotOf('bar'));
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
  expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'));
});
