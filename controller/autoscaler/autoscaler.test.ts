import { noUsage } from '@satchel/proto/core';
import type { Decision__Output } from '@satchel/proto/gen';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../cli/testing/run-cli.js';
import { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import { Jobs } from '../jobs.js';
import { NodeSession } from '../node-session.js';
import type { NodeIntroduction } from '../nodes.js';
import { Fleet } from '../nodes.js';
import { staticProvider } from '../providers/static-provider.js';
import { MemoryStateStore } from '../state/memory.js';
import { FakeClock } from '../testing/fake-clock.js';
import { runController } from '../testing/run-controller.js';
import { Autoscaler } from './autoscaler.js';
import { type AutoscalePolicy, completePolicy } from './policy.js';
import { FakeProvider } from './testing/fake-provider.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

let clock: FakeClock;
let environment: Environment;
let fleet: Fleet;
let jobs: Jobs;
let decisions: DecisionLog;
let provider: FakeProvider;
let autoscaler: Autoscaler | undefined;

beforeEach(() => {
  clock = new FakeClock();
  environment = { store: new MemoryStateStore(), clock, log: pino({ level: 'silent' }) };
  const record = { format: 1, privateKeyJwk: '', nextShard: 1 };
  fleet = new Fleet(environment, record, {
    shardsChanged: (shards) => jobs.shardsChanged(shards),
    disconnected: (node) => jobs.disconnected(node),
    lost: () => undefined,
    emptied: async () => undefined,
  });
  const tokens = { forJob: async () => 'token' } as never;
  jobs = new Jobs(environment, fleet, tokens, { registered: () => undefined, lapsed: () => undefined });
  decisions = new DecisionLog(environment);
  provider = new FakeProvider();
});

afterEach(() => {
  autoscaler?.close();
  autoscaler = undefined;
  fleet.close();
  jobs.close();
});

const start = (
  policy: Partial<AutoscalePolicy> = {},
  with_: ConstructorParameters<typeof Autoscaler>[0]['provider'] = provider,
) => {
  autoscaler = new Autoscaler({ environment, fleet, jobs, provider: with_, decisions, policy: completePolicy(policy) });
};

/** A node joins, acknowledges nothing, and is heard every second from then on. */
async function join(node: string): Promise<NodeSession> {
  const introduction: NodeIntroduction = {
    ...{ node, host: '127.0.0.1', dramBytes: GiB, ssdBytes: 4 * GiB, throughputBytesPerSecond: 1e9, version: '1', http: '' },
    shards: [{ index: 0, endpointPort: 7000, directPort: 7001, socket: '' }],
  };
  const session = new NodeSession(node, { send: () => undefined, end: () => undefined });
  await fleet.join(introduction, session);
  session.welcome([]);
  return session;
}

async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < 4 * seconds; passed++) {
    for (const { record } of fleet.nodes()) fleet.heard(record.node);
    clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const register = async (capacity: number) => {
  const registering = jobs.register({
    name: 'sort',
    namespace: 'default',
    hints: { capacity, throughput: 1000 },
    leaseMs: 3600_000,
    verbs: [],
  });
  await pass(1);
  return (await registering).record;
};

const kinds = (): string[] =>
  decisions
    .list(100)
    .reverse()
    .map(({ kind, subject }) => `${kind} ${subject}`);
const last = (kind: string): Pick<Decision__Output, 'because'> | undefined =>
  decisions.list(100).find((each) => each.kind === kind);

it('starts the least number of nodes, and notes that they have come', async () => {
  start({ least: 2 });
  await pass(1);
  expect(provider.there.size).toBe(2);
  for (const node of provider.there.keys()) await join(node);
  await pass(2);
  expect(kinds()).toEqual(['start fake', 'joined fake-1', 'joined fake-2']);
});

it('starts nodes at once when a job is short of something, and does so once', async () => {
  start();
  await pass(1);
  await join('fake-1');
  await pass(2);
  const registering = jobs.register({
    ...{ name: 'big', namespace: 'default', hints: { capacity: 1.3 * GiB, throughput: 1000 }, leaseMs: 3600_000, verbs: [] },
  });
  // Without a tick: only what is due at once runs.
  for (let turn = 0; turn < 10; turn++) {
    clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(provider.there.size).toBe(2);
  await pass(10);
  await registering;
  expect(provider.there.size).toBe(2);
  expect(last('start')?.because).toContain('with what a job lacks');
});

it('drains what is too much, and has it taken away when it has left', async () => {
  start({ lingerMs: 10_000 });
  await pass(1);
  await join('fake-1');
  const job = await register(1000 * MiB);
  await pass(2);
  const session = await join('fake-2');
  await pass(2);
  expect(fleet.node('fake-2')?.record.draining).toBe(false);
  const ending = jobs.end(job.job);
  await pass(25);
  await ending;
  expect([...fleet.nodes()].map(({ record }) => [record.node, record.draining])).toContainEqual(['fake-2', true]);
  fleet.left(session);
  await pass(2);
  expect(provider.removed).toEqual(['fake-2']);
  expect(kinds().slice(-2)).toEqual(['drain fake-2', 'remove fake-2']);
});

it('takes a draining node back when it is needed again', async () => {
  start({ lingerMs: 5000 });
  await pass(1);
  await join('fake-1');
  const first = await register(900 * MiB);
  await pass(1);
  await join('fake-2');
  await pass(2);
  const second = await register(200 * MiB);
  expect(second.allocation.shares.map(({ node }) => node)).toEqual(['fake-2']);
  await jobs.drainNode('fake-2', 'autoscaler');
  await register(100 * MiB);
  await pass(3);
  expect(fleet.node('fake-2')?.record.draining).toBe(false);
  expect(kinds()).toContain('undrain fake-2');
  expect(first.state.kind).toBe('active');
});

it('leaves alone what an operator drains', async () => {
  start({ lingerMs: 5000, most: 2 });
  await pass(1);
  await join('fake-1');
  const first = await register(900 * MiB);
  await pass(1);
  await join('fake-2');
  await pass(1);
  await register(200 * MiB);
  await jobs.drainNode('fake-2');
  await register(100 * MiB);
  await pass(3);
  expect(fleet.node('fake-2')?.record.draining).toBe(true);
  expect(first.state.kind).toBe('active');
});

it('a provider that fails is tried again, less and less often, and each failure can be read', async () => {
  provider.failure = new Error('no room on this machine');
  start();
  await pass(30);
  expect(provider.starts).toBe(5);
  const failures = decisions.list(100).filter(({ kind }) => kind === 'failed');
  expect(failures[0]).toMatchObject({ subject: 'local', because: 'no room on this machine' });
  expect(failures[0]?.figures).toEqual([
    { name: 'failures', value: 5 },
    { name: 'retryMs', value: 16_000 },
  ]);
  provider.failure = undefined;
  await pass(20);
  expect(provider.there.size).toBe(1);
});

it('a node that does not run is taken away, and the next is not started at once', async () => {
  start();
  for (let second = 0; second < 30; second++) {
    await pass(1);
    for (const node of provider.there.keys()) provider.there.set(node, 'failed');
  }
  expect(provider.starts).toBeGreaterThan(2);
  expect(provider.starts).toBeLessThan(8);
  expect(provider.removed[0]).toBe('fake-1');
});

it('a fleet without a provider is given advice, each once', async () => {
  start({ lingerMs: 5000 }, staticProvider);
  await join('a');
  await join('b');
  await pass(20);
  expect(kinds()).toEqual(['advice fleet']);
  expect(last('advice')?.because).toContain('satchel node drain b would save a node');
  await register(3 * GiB);
  await pass(20);
  expect(kinds()).toEqual(['advice fleet', 'advice fleet']);
  expect(last('advice')?.because).toContain('the fleet is static: start 2 more nodes');
});

it('starts nothing for a job whose namespace has as many nodes as it may', async () => {
  start();
  await pass(1);
  await join('fake-1');
  await jobs.namespaces.set('default', { nodes: 1 }, []);
  const record = await register(3 * GiB);
  expect(record.deficit?.bytes).toBeGreaterThan(GiB);
  await pass(5);
  // What is reserved fills the node, which is reason for one more, and no more than that.
  expect(provider.there.size).toBe(2);
});

it('a node that cannot be taken away keeps no other from being started', async () => {
  start();
  await pass(1);
  provider.removeFailure = new Error('it holds on');
  provider.there.set('fake-9', 'left');
  await join('fake-1');
  await pass(3);
  expect(last('failed')?.because).toBe('it holds on');
  await register(3 * GiB);
  await pass(2);
  expect(provider.there.size).toBeGreaterThan(2);
  provider.removeFailure = undefined;
  await pass(20);
  expect(provider.removed).toEqual(['fake-9']);
});

it('a drain that cannot be written down is not done, which can be read, and is decided anew when it is due', async () => {
  start({ lingerMs: 5000, least: 1 });
  await pass(1);
  await join('fake-1');
  await jobs.namespaces.set('default', {}, []);
  provider.there.set('fake-2', 'running');
  await join('fake-2');
  const { store } = environment;
  const commit = store.commit.bind(store);
  store.commit = () => Promise.reject(new Error('the disk is full'));
  await pass(8);
  expect(kinds().filter((kind) => kind.startsWith('drain'))).toEqual([]);
  expect([...fleet.nodes()].map(({ record }) => record.draining)).toEqual([false, false]);
  expect(last('failed')?.because).toContain('drain was not carried out: the disk is full');
  store.commit = commit;
  await pass(10);
  expect(kinds().filter((kind) => kind.startsWith('drain'))).toHaveLength(1);
});

it('every decision can be read afterwards with the figures that led to it, also from the next controller on the same state', async () => {
  provider.failure = new Error('no room on this machine');
  start({ most: 3, lingerMs: 5000, startTimeoutMs: 4000 });
  await pass(1);
  provider.failure = undefined;
  await pass(2);
  await join('fake-1');
  await register(900 * MiB);
  await register(200 * MiB);
  await pass(6);
  await join('fake-2');
  await pass(1);
  await register(100 * MiB);
  await jobs.drainNode('fake-2', 'autoscaler');
  await register(100 * MiB);
  await pass(1);
  await register(9 * GiB);
  await pass(2);
  await join('fake-3');
  await pass(1);
  const ends = [...jobs.table.all()].map(({ job }) => jobs.end(job));
  for (const node of provider.there.keys()) for (const { job } of jobs.table.ofNode(node)) await jobs.purged(node, job, noUsage);
  await Promise.all(ends);
  await pass(30);
  for (const { record, connection } of [...fleet.nodes()]) {
    if (record.draining && connection.kind === 'connected') fleet.left(connection.session);
  }
  await pass(2);
  const taken = decisions.list(1000);
  expect(new Set(taken.map(({ kind }) => kind))).toEqual(
    new Set(['start', 'joined', 'late', 'drain', 'undrain', 'remove', 'limit', 'failed']),
  );
  for (const { kind, figures, because } of taken) {
    expect(because).not.toBe('');
    expect(figures, kind).not.toEqual([]);
    if (['start', 'drain', 'undrain', 'limit'].includes(kind)) {
      expect(figures).toEqual(expect.arrayContaining([{ name: 'dramCapacity', value: expect.any(Number) }]));
    }
  }
  await environment.store.commit([{ collection: 'fleet', key: 'fleet', value: undefined }]);
  const next = await runController(environment.store);
  const { stdout } = await runCli(`node decisions --json --limit 1000 --controller ${next.address}`);
  await next.close();
  expect(JSON.parse(stdout).decisions).toEqual(taken);
});
