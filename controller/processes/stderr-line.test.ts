import { expect, test } from 'vitest';
import { lastWords, readableLine } from './stderr-line.js';

test.each([
  ['plain text ', 'plain text'],
  ['{"level":50,"msg":"it broke","err":{"message":"disk full"}}', 'error: it broke: disk full'],
  ['{"level":40,"msg":"it broke: disk full","err":{"message":"disk full"}}', 'warning: it broke: disk full'],
  ['{not json', '{not json'],
])('%s reads %s', (line, readable) => {
  expect(readableLine(line)).toBe(readable);
});

test.each([
  [['TypeError: x is not a function', 'at main (file.js:1:2)', 'Node.js v20'], 'TypeError: x is not a function'],
  [['fatal: no port', 'bye'], 'fatal: no port'],
  [['hello', 'bye'], 'bye'],
  [[], ''],
])('of %j the last words are %s', (lines, words) => {
  expect(lastWords(lines)).toBe(words);
});
