import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readSplits } from './input.js';

const folder = mkdtempSync(join(tmpdir(), 'satchel-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('splits hold the lines of the file, whole and in order, with a newline after the last', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-c]{0,9}$/), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (lines, count, closed) => {
        const text = lines.join('\n') + (closed ? '\n' : 'x');
        const file = join(folder, 'input');
        writeFileSync(file, text);
        const chunks: string[] = [];
        const splits = await readSplits(file, count, async (_split, _chunk, buffer) => void chunks.push(buffer.toString()));
        expect(chunks.join('')).toBe(closed ? text : `${text}\n`);
        expect(splits.reduce((sum, split) => sum + split.summary.bytes, 0)).toBe(chunks.join('').length);
      },
    ),
  );
});

test('a file that is missing or empty is refused by name', async () => {
  await expect(readSplits(join(folder, 'none'), 1, async () => {})).rejects.toThrow('cannot read --input');
  writeFileSync(join(folder, 'empty'), '');
  await expect(readSplits(join(folder, 'empty'), 1, async () => {})).rejects.toThrow('is empty');
});
