import { expect, test } from 'vitest';
import { isRepeatablePut, putCommand } from './put-command.js';

test('a put without options of its own is a SET', () => {
  expect(putCommand('k', 'v', undefined)).toEqual(['SET', 'k', 'v']);
  expect(putCommand('k', 'v', { timeoutMs: 5 })).toEqual(['SET', 'k', 'v']);
});

test('each option becomes its word', () => {
  expect(putCommand('k', 'v', { ttlMs: 1500, ifAbsent: true, tier: 'ssd', persist: true, reads: 2, attempt: 0 }).join(' ')).toBe(
    'SATCHEL.PUT k v PX 1500 NX TIER ssd PERSIST READS 2 ATTEMPT 0',
  );
});

test('an option that is no such number is refused by name', () => {
  expect(() => putCommand('k', 'v', { ttlMs: 0 })).toThrow(/ttlMs/);
  expect(() => putCommand('k', 'v', { reads: 1.5 })).toThrow(/reads/);
  expect(() => putCommand('k', 'v', { attempt: -1 })).toThrow(/attempt/);
});

test('only a put with an attempt may be repeated, unless its answer depends on the first time', () => {
  expect(isRepeatablePut(undefined)).toBe(false);
  expect(isRepeatablePut({ ttlMs: 5 })).toBe(false);
  expect(isRepeatablePut({ attempt: 0 })).toBe(true);
  expect(isRepeatablePut({ attempt: 0, ifAbsent: true })).toBe(false);
});
