import { expect, test } from 'vitest';
import { FanOut } from './fan-out.js';
import { lastKeyIndex } from './job-routing.js';

function merged(parts: readonly string[], merge: 'sum' | 'array' | 'ok', partOfKey?: readonly number[]): string {
  let reply = '';
  const fanOut = new FanOut(
    parts.length,
    merge,
    (bytes, start, end) => {
      reply += bytes.toString('latin1', start, end);
    },
    partOfKey,
  );
  // Parts answer in any order.
  for (const [part, text] of [...parts.entries()].reverse()) fanOut.sinkOf(part)(Buffer.from(text), 0, text.length);
  return reply;
}

test('replies of parts are added, put in key order, or agreed to', () => {
  expect(merged([':2\r\n', ':40\r\n'], 'sum')).toBe(':42\r\n');
  expect(merged(['+OK\r\n', '+OK\r\n'], 'ok')).toBe('+OK\r\n');
  expect(merged(['*2\r\n$1\r\na\r\n_\r\n', '*1\r\n$1\r\nb\r\n'], 'array', [0, 1, 0])).toBe('*3\r\n$1\r\na\r\n$1\r\nb\r\n_\r\n');
  expect(merged(['*1\r\n:1\r\n', '*0\r\n'], 'array')).toBe('*1\r\n:1\r\n');
});

test('the first error of a part is the reply', () => {
  expect(merged([':2\r\n', '-LOST a\r\n', '-OOM b\r\n'], 'sum')).toBe('-LOST a\r\n');
});

test('the error of one part says that others were carried out', () => {
  const reply = merged(['+OK\r\n', '-OOM full\r\n'], 'ok');
  expect(reply).toBe('-OOM full; the parts of this command for other shards were carried out\r\n');
});

test('a negative last key counts from the end', () => {
  expect(lastKeyIndex({ first: 1, last: -1, step: 1 }, 4)).toBe(3);
  expect(lastKeyIndex({ first: 1, last: 1, step: 1 }, 4)).toBe(1);
  expect(lastKeyIndex({ first: 1, last: -2, step: 1 }, 4)).toBe(2);
});
