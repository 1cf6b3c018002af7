import { limits } from '@satchel/proto/core';
import { expect, test } from 'vitest';
import { FunctionLog } from './activations.js';

test('the log keeps its newest lines within its bound', () => {
  const log = new FunctionLog();
  const line = 'x'.repeat(1000);
  for (let index = 0; index < 2 * (limits.functionLogBytes / 1000); index++) log.add(`request-${index}`, line);
  const characters = log.lines().reduce((sum, entry) => sum + entry.line.length, 0);
  expect(characters).toBeLessThanOrEqual(limits.functionLogBytes);
  expect(characters).toBeGreaterThan(limits.functionLogBytes / 2);
  expect(log.lines()[0]?.requestId).not.toBe('request-0');
});

test('the tail holds the last 4 KiB of one request only', () => {
  const log = new FunctionLog();
  log.add('a', 'of a');
  log.add('b', 'of b');
  expect(log.tail('a')).toBe('of a\n');
  for (let index = 0; index < 1000; index++) log.add('b', `line ${index}`);
  expect(log.tail('b')).toHaveLength(4096);
});
