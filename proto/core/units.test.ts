import { expect, test } from 'vitest';
import { formatBytes, formatDollars, formatDuration, parseBytes, parseBytesPerSecond, parseDurationMs } from './units.js';

test.each([
  ['512', 512],
  ['1KiB', 1024],
  ['1.5 MiB', 1_572_864],
  ['10GiB', 10 * 2 ** 30],
  ['64MB', 64_000_000],
])('%s is %d bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.each(['', 'GiB', '-1MiB', '1XB', '1e3', '99999999TiB'])('%j is refused as a size, and the error repeats it', (text) => {
  expect(() => parseBytes(text)).toThrow(`'${text}' is not a size`);
});

test('an error says what is wrong with a unit, or that it is too much', () => {
  expect(() => parseBytes('9EiB')).toThrow(/^'9EiB' is not a size .*; its unit is none of B, KiB, MiB, /);
  expect(() => parseBytes('99999999TiB')).toThrow(/; it is too large$/);
});

test('rates and durations are read with and without a unit', () => {
  expect(parseBytesPerSecond('1GiB/s')).toBe(2 ** 30);
  expect(parseDurationMs('60s')).toBe(60_000);
  expect(parseDurationMs('60')).toBe(60_000);
  expect(parseDurationMs('500ms')).toBe(500);
});

test('sizes, durations and prices are written for people', () => {
  expect(formatBytes(1536)).toBe('1.5 KiB');
  expect(formatBytes(2 ** 30)).toBe('1 GiB');
  expect(formatDuration(0.042)).toBe('42 µs');
  expect(formatDuration(200_000)).toBe('3 min 20 s');
  expect(formatDollars(0.0000123)).toBe('$0.000012');
  expect(formatDollars(1.25)).toBe('$1.25');
  expect(formatDollars(1e-12)).toBe('< $0.000000001');
});
