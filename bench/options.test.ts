import { expect, test } from 'vitest';
import { bytes, listOf, oneOf, positive, size, whole } from './options.js';

test('values are read', () => {
  expect([whole('3'), positive('0.5'), bytes('1KiB'), size('1KiB')]).toEqual([3, 0.5, 1024, '1KiB']);
  expect(listOf(bytes)('100, 1KiB')).toEqual([100, 1024]);
  expect(listOf(oneOf(['dram', 'ssd']))('ssd,dram')).toEqual(['ssd', 'dram']);
});

test.each(['0', '-1', '1.5', 'many', ''])('%o is no whole number of at least 1', (text) => {
  expect(() => whole(text)).toThrow('It must be a whole number of at least 1.');
});

test('what is wrong is said together with what is right', () => {
  expect(() => positive('0')).toThrow('above 0');
  expect(() => bytes('big')).toThrow("'big' is not a size such as 64MiB");
  expect(() => oneOf(['dram', 'ssd'])('disk')).toThrow("'disk' is not one of dram, ssd.");
});
