import { expect, test } from 'vitest';
import { summarize } from './function/checksum.mjs';
import { Records } from './function/records.mjs';
import { OutputCheck } from './verify.js';

const layout = { kind: 'lines' } as const;
const summaryOf = (text: string) => summarize(new Records(Buffer.from(text), layout));

function check(input: string, chunks: readonly string[]): void {
  const output = new OutputCheck(layout);
  for (const [index, chunk] of chunks.entries()) output.add(Buffer.from(chunk), `chunk ${index}`);
  output.finish(summaryOf(input));
}

test('a sorted output with the records of the input passes', () => {
  expect(() => check('b\na\na\nc\n', ['a\na\n', '', 'b\nc\n'])).not.toThrow();
});

test.each([
  ['out of order within a chunk', ['a\nc\n', 'b\n'], 'not sorted'],
  ['out of order between chunks', ['b\nc\n', 'a\n'], 'not sorted'],
  ['a record less', ['a\nb\n'], 'records 2'],
  ['a record twice', ['a\nb\nc\nc\n'], 'records 4'],
  ['another record', ['a\nb\nd\n'], 'checksum'],
])('an output with %s fails', (_what, chunks, message) => {
  expect(() => check('c\nb\na\n', chunks)).toThrow(message);
});
