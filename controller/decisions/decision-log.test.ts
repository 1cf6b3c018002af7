import { limits } from '@satchel/proto/core';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { MemoryStateStore } from '../state/memory.js';
import { FakeClock } from '../testing/fake-clock.js';
import { DecisionLog } from './decision-log.js';

const environment = () => ({ store: new MemoryStateStore(), clock: new FakeClock(), log: pino({ level: 'silent' }) });
const start = { kind: 'start', subject: 'local', figures: [{ name: 'dramPart', value: 0.93 }], because: 'dram 93 % taken' };

test('decisions are listed newest first, all or those about one subject', () => {
  const log = new DecisionLog(environment());
  log.record(start);
  log.record({ ...start, kind: 'drain', subject: 'node-2' });
  log.record({ ...start, kind: 'remove', subject: 'node-2' });
  expect(log.list(10).map(({ kind }) => kind)).toEqual(['remove', 'drain', 'start']);
  expect(log.list(10, 'node-2').map(({ kind }) => kind)).toEqual(['remove', 'drain']);
  expect(log.list(1).map(({ kind }) => kind)).toEqual(['remove']);
  expect(log.counts.get('drain')).toBe(1);
});

test('they are there after a restart with their figures, and numbers go on', () => {
  const shared = environment();
  new DecisionLog(shared).record(start);
  shared.clock.advance(1000);
  const log = new DecisionLog(shared);
  const second = log.record(start);
  expect(log.list(10)).toMatchObject([
    { sequence: 2, atMs: second.atMs },
    { sequence: 1, atMs: second.atMs - 1000, ...start },
  ]);
});

test('no more are kept than the limit, in memory and in the state', () => {
  const shared = environment();
  const log = new DecisionLog(shared);
  for (let count = 0; count < limits.decisions + 5; count++) log.record(start);
  expect(log.list(Number.MAX_SAFE_INTEGER)).toHaveLength(limits.decisions);
  expect(shared.store.all('decisions')).toHaveLength(limits.decisions);
  expect(log.list(Number.MAX_SAFE_INTEGER).at(-1)?.sequence).toBe(6);
});

test('those that could not be written down are written with the next', async () => {
  const shared = environment();
  const log = new DecisionLog(shared);
  const { store } = shared;
  const commit = store.commit.bind(store);
  store.commit = () => Promise.reject(new Error('the disk is full'));
  log.record(start);
  log.record({ ...start, kind: 'drain' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.list(10)).toHaveLength(2);
  expect(new DecisionLog(shared).list(10)).toEqual([]);
  store.commit = commit;
  log.record({ ...start, kind: 'remove' });
  expect(new DecisionLog(shared).list(10).map(({ kind }) => kind)).toEqual(['remove', 'drain', 'start']);
});
