import type { Reply } from '@satchel/proto/resp';
import { expect, test } from 'vitest';
import { objectStatOf } from './object-stat.js';

const map = (fields: Record<string, Reply>): Reply => new Map(Object.entries(fields));

test('what does not apply is absent', () => {
  const reply = map({ size: 5, tier: Buffer.from('dram'), ttl: -1, persist: 0, reads: 0, attempt: -1, created: 1000 });
  expect(objectStatOf(reply)).toEqual({ size: 5, tier: 'dram', persist: false, createdMs: 1000 });
  const nulls = map({ size: 5, tier: 'dram', ttl: null, persist: false, reads: null, attempt: null, created: 1000 });
  expect(objectStatOf(nulls)).toEqual({ size: 5, tier: 'dram', persist: false, createdMs: 1000 });
});

test('what applies is there', () => {
  const reply = map({ size: 5, tier: 'object', ttl: 20, persist: true, reads: 1, attempt: 0, created: 1000 });
  expect(objectStatOf(reply)).toEqual({
    size: 5,
    tier: 'object',
    ttlMs: 20,
    persist: true,
    readsLeft: 1,
    attempt: 0,
    createdMs: 1000,
  });
});

test('no object is undefined, and anything else an error', () => {
  expect(objectStatOf(null)).toBeUndefined();
  expect(() => objectStatOf('OK')).toThrow(/not a map/);
  expect(() => objectStatOf(map({ size: 1, tier: 'tape' }))).toThrow(/tape/);
});
