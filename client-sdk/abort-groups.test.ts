import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { AbortGroups } from './abort-groups.js';

test('a signal is listened to once for all its calls, and no longer than they take', () => {
  const groups = new AbortGroups();
  const { signal } = new AbortController();
  const calls = Array.from({ length: 100 }, () => ({ fail: () => {} }));
  for (const call of calls) groups.add(signal, call);
  expect(getEventListeners(signal, 'abort').length).toBe(1);
  for (const call of calls) groups.remove(signal, call);
  expect([getEventListeners(signal, 'abort').length, groups.size]).toEqual([0, 0]);
});

test('an abort fails every call with its reason, also one that comes later', () => {
  const groups = new AbortGroups();
  const controller = new AbortController();
  const reasons: unknown[] = [];
  const call = () => ({ fail: (reason: unknown) => void reasons.push(reason) });
  groups.add(controller.signal, call());
  groups.add(controller.signal, call());
  controller.abort('enough');
  groups.add(controller.signal, call());
  expect(reasons).toEqual(['enough', 'enough', 'enough']);
});
