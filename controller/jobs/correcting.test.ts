import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from '../controller.js';
import type { Corrected } from '../model.js';
import { NodeSession } from '../node-session.js';
import { MemoryStateStore } from '../state/memory.js';
import { FakeClock } from '../testing/fake-clock.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

let parts: ReturnType<typeof build>;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock();
  const environment = { store: new MemoryStateStore(), clock, log: pino({ level: 'silent' }) };
  const record = { format: 2, privateKeyJwk: '', nextShard: 1 };
  const tokens = { forJob: async () => 'token' } as never;
  parts = build(environment, record, tokens, { registered: () => undefined, lapsed: () => undefined });
  const session = new NodeSession('n1', { send: () => undefined, end: () => undefined });
  await parts.fleet.join(
    {
      ...{ node: 'n1', host: '127.0.0.1', version: '1', http: '' },
      ...{ dramBytes: GiB, ssdBytes: 4 * GiB, throughputBytesPerSecond: 1e9 },
      shards: [{ index: 0, endpointPort: 7000, directPort: 7001, socket: '' }],
    },
    session,
  );
});
afterEach(() => {
  parts.fleet.close();
  parts.jobs.close();
});

const corrected: Corrected = {
  ...{ capacityBytes: 100 * MiB, throughputBytesPerSecond: undefined, askedBytes: 400 * MiB, askedBytesPerSecond: 0 },
  ...{ atMs: 1, because: 'capacity: little is used' },
};

/** Waits for a change whose nodes never say that they applied it. */
async function told<Result>(change: Promise<Result>): Promise<Result> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(250);
  return change;
}

test('a correction by hints that have changed meanwhile changes nothing', async () => {
  const { jobs } = parts;
  const request = { name: 'x', namespace: 'default', leaseMs: 60_000, verbs: ['read', 'write'] } as const;
  const { record: seen } = await told(jobs.register({ ...request, hints: { capacity: 400 * MiB } }));
  const [scaled, late] = await told(
    Promise.all([jobs.scale(seen.job, { capacity: 800 * MiB }), jobs.correct(seen, corrected, false)]),
  );
  expect(scaled.allocation.dramBytes).toBe(800 * MiB);
  expect(late.corrected).toBeUndefined();
  expect(jobs.table.get(seen.job)?.allocation.dramBytes).toBe(800 * MiB);
  await told(jobs.correct(scaled, { ...corrected, askedBytes: 800 * MiB }, false));
  expect(jobs.table.get(seen.job)?.allocation.dramBytes).toBe(100 * MiB);
});
