import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withProgress } from './progress.js';
import { TestProcess } from './testing/run-cli.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('short work shows nothing where nobody watches', async () => {
  const io = new TestProcess();
  expect(await withProgress(io, 'working', async () => 42)).toBe(42);
  await vi.advanceTimersByTimeAsync(5000);
  expect(io.stderr.text).toBe('');
});

test('work of more than two seconds says once what it is', async () => {
  const io = new TestProcess();
  const work = withProgress(io, 'working', () => new Promise<void>((resolve) => setTimeout(resolve, 3000)));
  await vi.advanceTimersByTimeAsync(1999);
  expect(io.stderr.text).toBe('');
  await vi.advanceTimersByTimeAsync(2000);
  await work;
  expect(io.stderr.text).toBe('- working\n');
  expect(io.stdout.text).toBe('');
});

test('the failure of the work is the failure of the call', async () => {
  const io = new TestProcess();
  await expect(withProgress(io, 'working', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
