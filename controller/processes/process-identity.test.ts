import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { commandOf, groupMembers, identify, isAlive } from './process-identity.js';

test('a process is itself, by id and start, and its group holds its children', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const identity = identify(child.pid ?? 0);
  expect(identity && isAlive(identity)).toBe(true);
  expect(commandOf(child.pid ?? 0)).toContain('process.stdin.resume()');
  expect(groupMembers(child.pid ?? 0)).toEqual([identity]);
  child.stdin.end();
  await once(child, 'exit');
  expect(identity && isAlive(identity)).toBe(false);
  expect(identify(child.pid ?? 0)).toBeUndefined();
  expect(groupMembers(child.pid ?? 0)).toEqual([]);
  expect(commandOf(child.pid ?? 0)).toBe('');
});

test('another process with the same id is not it', () => {
  expect(isAlive({ pid: process.pid, startTime: 'long ago' })).toBe(false);
});
