import { importPublicKey, parseJobUrl, type SatchelError, verifyJobToken } from '@satchel/proto/core';
import type { RegisterJobRequest, SlotMap__Output } from '@satchel/proto/gen';
import { fromServiceError } from '@satchel/proto/rpc';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNode } from './testing/fake-node.js';
import { runController, type TestController } from './testing/run-controller.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

let test: TestController;
let nodes: FakeNode[];
beforeEach(async () => {
  test = await runController();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) node.leave();
  await test.close();
});

async function joinNode(name: string, shards = 2): Promise<FakeNode> {
  const node = new FakeNode(test.address, name, shards);
  nodes.push(node);
  await node.join();
  return node;
}

const register = (request: RegisterJobRequest = {}) =>
  test.channel.call(test.channel.jobs, test.channel.jobs.registerJob, { name: 'sort', ...request });
const getJob = (job: string) => test.channel.call(test.channel.jobs, test.channel.jobs.getJob, { job });
const endJob = (job: string) => test.channel.call(test.channel.jobs, test.channel.jobs.endJob, { job });
const renewJob = (job: string) => test.channel.call(test.channel.jobs, test.channel.jobs.renewJob, { job });
const listNodes = async () => (await test.channel.call(test.channel.fleet, test.channel.fleet.listNodes, {})).nodes;

/** Lets fake time pass in steps, so that what happens in between can take its course. */
async function passTime(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    test.clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('registering a job', () => {
  it('needs a node, and says how to start one', async () => {
    await expect(register()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('satchel up') });
  });

  it('gives a URL whose token a node can verify without asking, and the node has heard of the job', async () => {
    const node = await joinNode('n1');
    const registered = await register({ hints: { capacityBytes: 64 * MiB }, namespace: 'team' });
    const url = parseJobUrl(registered.url);
    expect(url).toMatchObject({ job: registered.job, token: registered.token, host: '127.0.0.1' });
    const welcome = (await node.saw((message) => message.welcome)).welcome;
    const claims = await verifyJobToken(url.token, await importPublicKey(welcome?.publicKeyJwk ?? ''));
    expect(claims).toMatchObject({ job: registered.job, namespace: 'team', verbs: ['read', 'write'], quota: 64 * MiB });
    const configured = node.messages.find(({ configure }) => configure?.jobs.some(({ job }) => job === registered.job));
    expect(configured?.configure?.jobs[0]).toMatchObject({
      namespace: 'team',
      quotaBytes: 64 * MiB,
      tiers: ['dram', 'ssd', 'object'],
    });
    expect(registered.slotMap?.shards).toHaveLength(1);
    expect(registered.reasons.length).toBeGreaterThan(4);
    expect(registered.leaseSeconds).toBe(60);
  });

  it('spans the fleet when it is large', async () => {
    await joinNode('n1');
    await joinNode('n2');
    const registered = await register({ hints: { capacityBytes: GiB } });
    expect(registered.slotMap?.shards.map(({ node }) => node)).toEqual(['n1', 'n1', 'n2', 'n2']);
  });

  it('does not wait long for a node that does not answer', async () => {
    const node = await joinNode('n1');
    node.applies = false;
    const registering = register();
    await node.saw(({ configure }) => configure && configure.jobs.length > 0);
    await passTime(300);
    expect((await registering).job).toMatch(/^sort-/);
  });

  const refused: [string, RegisterJobRequest, string][] = [
    ['replicas', { hints: { replicas: 2 } }, 'does not replicate'],
    ['an unknown eviction', { hints: { evict: 'fifo' } }, 'lru'],
    ['a lease too short', { leaseSeconds: 1 }, 'from 5 s'],
    ['a lease too long', { leaseSeconds: 1e6 }, '86400 s'],
    ['a bad name', { name: 'a b' }, "'a b'"],
    ['a bad namespace', { namespace: '../x' }, 'namespace'],
    ['an unknown verb', { verbs: ['fly'] }, "'fly'"],
    ['no capacity', { hints: { capacityBytes: 0 } }, 'capacity'],
  ];
  it.each(refused)('refuses %s', async (_, request, message) => {
    await joinNode('n1');
    await expect(register(request)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message),
    });
  });

  it('is planned without registering', async () => {
    await joinNode('n1');
    const plan = await test.channel.call(test.channel.jobs, test.channel.jobs.planJob, { hints: { capacityBytes: GiB } });
    expect(plan.allocation?.dramBytes).toBe(GiB);
    expect((await listNodes())[0]?.dramAllocatedBytes).toBe(0);
  });

  it('reserves what it is given until it ends', async () => {
    await joinNode('n1');
    const { job } = await register({ hints: { capacityBytes: 100 * MiB } });
    expect((await listNodes())[0]).toMatchObject({ dramAllocatedBytes: 100 * MiB, jobs: 1 });
    await endJob(job);
    expect((await listNodes())[0]).toMatchObject({ dramAllocatedBytes: 0, jobs: 0 });
  });
});

describe('the end of a job', () => {
  it('is told to its nodes, and the reply has the final usage and its price', async () => {
    const node = await joinNode('n1', 1);
    node.finalUsage = { bytesIn: 7, peakBytes: 5, dram: { bytes: 0, byteSeconds: 3600 * GiB }, objectRequests: 1000 };
    const { job } = await register();
    const { usage } = await endJob(job);
    expect(usage).toMatchObject({ bytesIn: 7, peakBytes: 5 });
    expect(usage?.dollars).toBeCloseTo(0.0063 + 0.005, 6);
    expect(await getJob(job)).toMatchObject({ state: 'ended', endReason: 'ended', expiresAtMs: 0 });
    expect((await endJob(job)).usage).toMatchObject({ bytesIn: 7 });
  });

  it('does not wait for a node for ever, and is repeated until the node has acknowledged it', async () => {
    const node = await joinNode('n1');
    node.purges = false;
    const { job } = await register();
    const ending = endJob(job);
    await node.saw(({ end }) => end?.job === job);
    await passTime(2500);
    await ending;
    expect(await getJob(job)).toMatchObject({ state: 'ending' });
    node.leave();
    node.purges = true;
    await node.join();
    const end = await node.saw(({ end }) => end?.job === job);
    expect(end.end?.refuseUntilMs).toBeGreaterThan(test.clock.now() + 6 * 24 * 3600 * 1000);
    await vi.waitFor(async () => expect(await getJob(job)).toMatchObject({ state: 'ended' }));
  });

  it('does not wait for a node that is away', async () => {
    const node = await joinNode('n1');
    const { job } = await register();
    node.leave();
    await passTime(9000);
    await vi.waitFor(async () => expect((await listNodes())[0]?.state).toBe('down'));
    await endJob(job);
    expect(await getJob(job)).toMatchObject({ state: 'ending' });
  });

  it('comes when the lease lapses, and not while it is renewed', async () => {
    const node = await joinNode('n1');
    const { job } = await register({ leaseSeconds: 10 });
    for (let renewal = 0; renewal < 3; renewal++) {
      await passTime(8000);
      node.send({ heartbeat: {} });
      expect((await renewJob(job)).expiresAtMs).toBe(test.clock.now() + 10_000);
    }
    expect(await getJob(job)).toMatchObject({ state: 'active' });
    await passTime(10_500);
    await vi.waitFor(async () => expect(await getJob(job)).toMatchObject({ endReason: 'lease-lapsed' }));
    await expect(renewJob(job)).rejects.toMatchObject({ code: 'no-job', message: expect.stringContaining('lapsed') });
  });

  it('is told to a node that comes back with jobs that are over or unknown', async () => {
    const node = await joinNode('n1');
    const [{ job: kept }, { job: over }] = [await register(), await register()];
    await endJob(over);
    node.leave();
    await node.join({ jobs: [kept, over, 'never-heard-of'] });
    await node.saw(({ configure }) => configure?.complete);
    expect(node.messages.flatMap(({ end }) => end?.job ?? [])).toEqual([over, 'never-heard-of']);
    expect(node.messages.find(({ configure }) => configure?.complete)?.configure?.jobs.map(({ job }) => job)).toEqual([kept]);
  });

  it('names the job that is not known', async () => {
    for (const call of [getJob, endJob, renewJob]) {
      await expect(call('nope-123')).rejects.toMatchObject({ code: 'no-job', message: expect.stringContaining('nope-123') });
    }
  });
});

describe('nodes', () => {
  it('keep their shard ids, and new ones get new ids', async () => {
    const first = new FakeNode(test.address, 'n1', 2);
    const second = new FakeNode(test.address, 'n2', 1);
    nodes.push(first, second);
    expect(await first.join()).toEqual([1, 2]);
    expect(await second.join()).toEqual([3]);
    first.leave();
    expect(await first.join()).toEqual([1, 2]);
    first.leave();
    const grown = new FakeNode(test.address, 'n1', 3);
    nodes.push(grown);
    expect(await grown.join()).toEqual([1, 2, 4]);
  });

  it('hear of each other', async () => {
    const first = await joinNode('n1');
    await joinNode('n2');
    test.clock.advance(100);
    const { directory } = await first.saw((message) => message.directory?.shards.length === 4);
    expect(directory?.shards.map(({ node }) => node)).toEqual(['n1', 'n1', 'n2', 'n2']);
  });

  it('know where the shards of a job are before they hear of the job', async () => {
    const first = await joinNode('n1');
    await joinNode('n2');
    await register();
    await first.saw(({ configure }) => configure && configure.jobs.length > 0);
    const known = first.messages.findIndex(({ directory }) => directory?.shards.length === 4);
    expect(known).toBeGreaterThan(0);
    expect(known).toBeLessThan(first.messages.findIndex(({ configure }) => configure && configure.jobs.length > 0));
  });

  it('are down after silence, and get no jobs then', async () => {
    const quiet = await joinNode('n1');
    const heard = await joinNode('n2');
    for (let second = 0; second < 8; second++) {
      heard.send({ heartbeat: {} });
      await vi.waitFor(async () => expect((await listNodes())[1]?.lastHeartbeatMs).toBe(test.clock.now()));
      test.clock.advance(1000);
    }
    expect((await listNodes()).map(({ state }) => state)).toEqual(['down', 'up']);
    expect((await register()).slotMap?.shards.map(({ node }) => node)).toEqual(['n2', 'n2']);
    quiet.leave();
  });

  it('are still up when their stream breaks for a moment', async () => {
    const node = await joinNode('n1');
    node.leave();
    await passTime(1000);
    expect((await listNodes())[0]?.state).toBe('up');
    await passTime(3000);
    expect((await listNodes())[0]?.state).toBe('down');
  });

  it('are turned away when another of the name is up, or their introduction is wrong', async () => {
    await joinNode('n1');
    await expect(new FakeNode(test.address, 'n1').join()).rejects.toThrow('--id');
    await expect(new FakeNode(test.address, 'n 2').join()).rejects.toThrow("'n 2'");
    await expect(new FakeNode(test.address, 'n3', 0).join()).rejects.toThrow('0 shards');
  });

  it('get no new slots while they drain, and are forgotten once they left', async () => {
    const node = await joinNode('n1');
    await joinNode('n2');
    const drained = await test.channel.call(test.channel.fleet, test.channel.fleet.drainNode, { node: 'n1' });
    expect(drained.state).toBe('draining');
    await node.saw(({ drain }) => drain);
    const { job, slotMap } = await register();
    expect(slotMap?.shards.map(({ node: name }) => name)).toEqual(['n2', 'n2']);
    await endJob(job);
    node.leave();
    await vi.waitFor(async () => expect((await listNodes()).map(({ node: name }) => name)).toEqual(['n2']));
    const unknown = test.channel.call(test.channel.fleet, test.channel.fleet.drainNode, { node: 'n9' });
    await expect(unknown).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('n9') });
  });
});

describe('a quota', () => {
  it('is dealt as grants, and moves to the shard that needs it', async () => {
    const node = await joinNode('n1', 2);
    const { job } = await register({ hints: { capacityBytes: 512 * MiB } });
    const configured = (await node.saw(({ configure }) => configure?.jobs.some((one) => one.job === job))).configure?.jobs[0];
    expect(configured?.grants.map(({ bytes }) => bytes)).toEqual([192 * MiB, 192 * MiB]);
    const [first, second] = configured?.grants.map(({ shard }) => shard) ?? [];
    node.send({ grantRequest: { job, shard: first ?? 0, bytes: 500 * MiB } });
    const { reclaim } = await node.saw((message) => message.reclaim);
    expect(reclaim).toEqual({ job, shard: second });
    node.send({ grantReturn: { job, shard: second ?? 0, bytes: MiB, version: 1 } });
    const raised = await node.saw(({ configure }) => configure?.jobs[0]?.grants.some(({ version }) => version === 2));
    expect(raised.configure?.jobs[0]?.grants[0]?.bytes).toBeGreaterThanOrEqual(500 * MiB);
  });

  it('is used up: the same bytes with a new version, after a second at most', async () => {
    const node = await joinNode('n1', 2);
    const { job } = await register({ hints: { capacityBytes: 512 * MiB } });
    node.send({ grantRequest: { job, shard: 1, bytes: 512 * MiB } });
    await node.saw((message) => message.reclaim);
    await passTime(1250);
    const answer = await node.saw(({ configure }) => configure?.jobs[0]?.grants.some(({ version }) => version === 2));
    expect(answer.configure?.jobs[0]?.grants[0]).toMatchObject({ shard: 1, bytes: 192 * MiB, version: 2 });
  });

  it('follows the hints when the job is scaled; slots stay', async () => {
    const node = await joinNode('n1', 2);
    const { job, slotMap } = await register({ hints: { capacityBytes: 100 * MiB } });
    const scaled = await test.channel.call(test.channel.jobs, test.channel.jobs.scaleJob, {
      job,
      hints: { capacityBytes: 200 * MiB },
    });
    expect(scaled.allocation).toMatchObject({ quotaBytes: 200 * MiB, dramBytes: 200 * MiB });
    expect(scaled.slotMap?.ranges).toEqual(slotMap?.ranges);
    expect((await listNodes())[0]?.dramAllocatedBytes).toBe(200 * MiB);
    await node.saw(({ configure }) => configure?.jobs[0]?.quotaBytes === 200 * MiB);
    await expect(
      test.channel.call(test.channel.jobs, test.channel.jobs.scaleJob, { job, hints: { replicas: 3 } }),
    ).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('usage', () => {
  it('adds up what the shards report', async () => {
    const node = await joinNode('n1', 2);
    const { job } = await register();
    const report = (shard: number, bytesIn: number) => ({
      job,
      shard,
      incarnation: 1,
      usage: { bytesIn, dram: { bytes: bytesIn } },
    });
    node.send({ heartbeat: { node: { dramUsedBytes: 30 }, jobs: [report(1, 10), report(2, 20)] } });
    await vi.waitFor(async () => expect((await getJob(job)).usage).toMatchObject({ bytesIn: 30, dram: { bytes: 30 } }));
    expect((await listNodes())[0]?.usage?.dramUsedBytes).toBe(30);
  });

  it('of a shard is taken from its own node only', async () => {
    await joinNode('n1', 1);
    const other = await joinNode('n2', 1);
    const { job } = await register();
    other.send({
      heartbeat: {
        jobs: [
          { job, shard: 1, incarnation: 9, usage: { bytesIn: 1 } },
          { job, shard: 2, usage: { bytesIn: 5 } },
        ],
      },
    });
    await vi.waitFor(async () => expect((await getJob(job)).usage?.bytesIn).toBe(5));
  });
});

describe('watching a slot map', () => {
  it('shows it now and when a shard goes down, and ends with no-job when the job does', async () => {
    const node = await joinNode('n1', 2);
    const { job } = await register();
    const maps: SlotMap__Output[] = [];
    const stream = test.channel.jobs.watchSlotMap({ job });
    const ended = new Promise<SatchelError>((resolve) =>
      stream.on('error', (error) => resolve(fromServiceError(error as never, 'x'))),
    );
    stream.on('data', (map: SlotMap__Output) => maps.push(map));
    await vi.waitFor(() => expect(maps).toHaveLength(1));
    node.send({ shardChanged: { shard: 2, state: 'down' } });
    await vi.waitFor(() => expect(maps.at(-1)?.shards.map(({ state }) => state)).toEqual(['up', 'down']));
    await endJob(job);
    expect(await ended).toMatchObject({ code: 'no-job', message: expect.stringContaining(job) });
  });

  it('of a job that is not known fails at once', async () => {
    const stream = test.channel.jobs.watchSlotMap({ job: 'nope' });
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(error).toMatchObject({ details: expect.stringContaining('nope') });
  });
});

describe('lists of jobs', () => {
  it('show active jobs of a namespace, and ended ones when asked', async () => {
    await joinNode('n1');
    const { job } = await register({ namespace: 'a' });
    const { job: ended } = await register({ namespace: 'a' });
    await register({ namespace: 'b' });
    await endJob(ended);
    const list = async (request: { namespace?: string; ended?: boolean }) =>
      (await test.channel.call(test.channel.jobs, test.channel.jobs.listJobs, request)).jobs.map((one) => one.job);
    expect(await list({ namespace: 'a' })).toEqual([job]);
    expect(await list({ namespace: 'a', ended: true })).toEqual([job, ended]);
    expect(await list({})).toHaveLength(2);
  });
});

describe('a controller that starts again', () => {
  it('has its jobs, reservations, nodes and key as before, and gives each lease a full period', async () => {
    const node = await joinNode('n1');
    const { job, token } = await register({ hints: { capacityBytes: 100 * MiB }, leaseSeconds: 10 });
    const { job: over } = await register();
    await endJob(over);
    node.leave();
    const before = await test.channel.call(test.channel.fleet, test.channel.fleet.getPublicKey, {});
    await test.close();
    test.clock.advance(3_600_000);
    test = await runController(test.store, test.clock);
    expect((await getJob(job)).expiresAtMs).toBe(test.clock.now() + 10_000);
    expect(await getJob(over)).toMatchObject({ state: 'ended' });
    expect((await listNodes())[0]).toMatchObject({ node: 'n1', state: 'up', dramAllocatedBytes: 100 * MiB });
    expect(await test.channel.call(test.channel.fleet, test.channel.fleet.getPublicKey, {})).toEqual(before);
    expect((await verifyJobToken(token, await importPublicKey(before.publicKeyJwk))).job).toBe(job);
    await passTime(9500);
    expect(await getJob(job)).toMatchObject({ state: 'active' });
    await passTime(1000);
    expect((await getJob(job)).endReason).toBe('lease-lapsed');
  });

  it('tells a node of its jobs and what ended while either was away', async () => {
    const node = await joinNode('n1');
    const { job } = await register({ hints: { capacityBytes: 100 * MiB } });
    node.leave();
    await test.close();
    test = await runController(test.store, test.clock);
    const back = new FakeNode(test.address, 'n1', 2, node.hello);
    nodes.push(back);
    await back.join({ jobs: [job], grants: [{ job, shard: 1, bytes: 100 * MiB, version: 1 }] });
    const { configure } = await back.saw((message) => message.configure?.complete);
    expect(configure?.jobs[0]).toMatchObject({
      job,
      quotaBytes: 100 * MiB,
      grants: [{ shard: 1, bytes: 100 * MiB, version: 1 }],
    });
  });
});

describe('HTTP', () => {
  it('serves health, metrics and a page whose texts are escaped', async () => {
    await joinNode('n1');
    await register();
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${test.controller.httpPort}${path}`)).text();
    expect(await get('/healthz')).toBe('ok\n');
    const metrics = await get('/metrics');
    for (const line of ['satchel_jobs_active 1', 'satchel_job_registrations_total 1', 'satchel_nodes{state="up"} 1']) {
      expect(metrics).toContain(line);
    }
    expect(metrics).toContain('satchel_rpc_seconds_count{method="RegisterJob",code="ok"} 1');
    const page = await get('/');
    expect(page).toContain('n1');
    expect(page).toContain('sort-');
    expect(await get('/nope')).toBe('no such page\n');
  });
});
