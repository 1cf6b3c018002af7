import { LookupKey } from '@satchel/proto/shared-memory';
import { expect, test } from 'vitest';
import { CallsUnderWay } from './calls-under-way.js';

const hashOf = (key: string): number => new LookupKey().set(key).hash;

test('a key is concerned from when a call on it begins until it ends, however often', () => {
  const calls = new CallsUnderWay();
  const hash = hashOf('a');
  expect(calls.concerns(hash)).toBe(false);
  const places = [calls.begin('a'), calls.begin(Buffer.from('a'))];
  for (const place of places) {
    expect(calls.concerns(hash)).toBe(true);
    calls.end(place);
  }
  expect(calls.concerns(hash)).toBe(false);
});

test('hardly any other key is concerned, but every key by a call that names none', () => {
  const calls = new CallsUnderWay();
  const others = Array.from({ length: 1000 }, (_, index) => hashOf(`other-${index}`));
  const place = calls.begin('a');
  expect(others.filter((hash) => calls.concerns(hash)).length).toBeLessThan(5);
  const every = calls.begin(undefined);
  expect(others.every((hash) => calls.concerns(hash))).toBe(true);
  calls.end(every);
  calls.end(place);
  expect(others.some((hash) => calls.concerns(hash))).toBe(false);
});

test('whoever waits for a call to end is told', () => {
  const calls = new CallsUnderWay();
  let ended = 0;
  calls.onEnd = () => ended++;
  calls.end(calls.begin('a'));
  calls.onEnd = undefined;
  calls.end(calls.begin('a'));
  expect(ended).toBe(1);
});
