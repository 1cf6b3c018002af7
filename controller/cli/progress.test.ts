import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withProgress } from './progress.js';
import { TestProcess } from './testing/run-cli.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Five seconds of work, and what was shown on stderr meanwhile. */
async function shown(terminal: object): Promise<string> {
  const io = new TestProcess();
  Object.assign(io.stderr, terminal);
  const work = withProgress(io, 'working', () => new Promise<number>((resolve) => setTimeout(resolve, 5000, 42)));
  await vi.advanceTimersByTimeAsync(5000);
  expect(await work).toBe(42);
  expect(io.stdout.text).toBe('');
  return io.stderr.text;
}

test('a terminal shows what is under way', async () => {
  const cursorTo = () => true;
  expect(await shown({ isTTY: true, columns: 80, cursorTo, clearLine: cursorTo, moveCursor: cursorTo })).toContain('working');
});

test.each([{}, { isTTY: true }, { isTTY: true, columns: 0 }])(
  'nothing is shown on %o, which is no terminal with a width',
  async (stream) => {
    expect(await shown(stream)).toBe('');
  },
);

test('the failure of the work is the failure of the call', async () => {
  const io = new TestProcess();
  await expect(withProgress(io, 'working', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
