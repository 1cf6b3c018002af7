import { expect, test } from 'vitest';
import { fields, Output, oneLine, table } from './output.js';
import { TestProcess } from './testing/run-cli.js';

test('a table lines up its columns and has no trailing spaces', () => {
  const rows = [
    ['a', 'long value', 'x'],
    ['longer', 'v', ''],
  ];
  expect(table(['ONE', 'TWO', 'THREE'], rows, 'none')).toBe('ONE     TWO         THREE\na       long value  x\nlonger  v');
});

test('a table without rows says so', () => {
  expect(table(['ONE'], [], 'none')).toBe('none');
});

test('fields line up their values', () => {
  expect(
    fields([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('a     1\nlong  2');
});

test('one line stays one line', () => {
  expect(oneLine(' a\n  b\r\nc ')).toBe('a b c');
});

test('with --json the document is one line on stdout, and messages stay on stderr', () => {
  const io = new TestProcess();
  const output = new Output(io, true);
  output.note('by the\nway');
  output.result({ text: 'two\nlines' }, () => 'for people');
  expect([io.stdout.text, io.stderr.text]).toEqual(['{"text":"two\\nlines"}\n', 'by the way\n']);
});
