import { parseJobUrl, SatchelError } from '@satchel/proto/core';
import type { RegisterJobRequest } from '@satchel/proto/gen';
import { importPublicKey, verifyJobToken } from '@satchel/proto/validation';
import { describe, expect, it, vi } from 'vitest';
import { defaultUnitPrices } from './prices.js';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const controller = useController();

describe('registering a job', () => {
  it('needs a node, and says how to start one', async () => {
    await expect(controller.register()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('satchel up'),
    });
  });

  it('gives a URL whose token a node can verify without asking, and the node has heard of the job', async () => {
    const node = await controller.joinNode('n1');
    const registered = await controller.register({ hints: { capacityBytes: 64 * MiB }, namespace: 'team' });
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
    await controller.joinNode('n1');
    await controller.joinNode('n2');
    const registered = await controller.register({ hints: { capacityBytes: GiB } });
    expect(registered.slotMap?.shards.map(({ node }) => node)).toEqual(['n1', 'n1', 'n2', 'n2']);
  });

  it('does not wait long for a node that does not answer', async () => {
    const node = await controller.joinNode('n1');
    node.applies = false;
    const registering = controller.register();
    await node.saw(({ configure }) => configure && configure.jobs.length > 0);
    await controller.passTime(300);
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
    await controller.joinNode('n1');
    await expect(controller.register(request)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message),
    });
  });

  it('is planned without registering', async () => {
    await controller.joinNode('n1');
    const plan = await controller.now.channel.call(controller.now.channel.jobs, controller.now.channel.jobs.planJob, {
      hints: { capacityBytes: GiB },
    });
    expect(plan.allocation?.dramBytes).toBe(GiB);
    expect((await controller.listNodes())[0]?.dramAllocatedBytes).toBe(0);
  });

  it('reserves what it is given until it ends', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    expect((await controller.listNodes())[0]).toMatchObject({ dramAllocatedBytes: 100 * MiB, jobs: 1 });
    await controller.endJob(job);
    expect((await controller.listNodes())[0]).toMatchObject({ dramAllocatedBytes: 0, jobs: 0 });
  });
});

describe('the end of a job', () => {
  it('is told to its nodes, and the reply has the final usage and its price', async () => {
    const node = await controller.joinNode('n1', 1);
    node.finalUsage = { bytesIn: 7, peakBytes: 5, dram: { bytes: 0, byteSeconds: 3600 * GiB }, objectRequests: 1000 };
    const { job } = await controller.register();
    const { usage } = await controller.endJob(job);
    expect(usage).toMatchObject({ bytesIn: 7, peakBytes: 5 });
    expect(usage?.dollars).toBeCloseTo(defaultUnitPrices().dramGiBHour + 0.005, 6);
    expect(await controller.getJob(job)).toMatchObject({ state: 'ended', endReason: 'ended', expiresAtMs: 0 });
    expect((await controller.endJob(job)).usage).toMatchObject({ bytesIn: 7 });
  });

  it('is remembered with the time it ran, however long its nodes take to purge it', async () => {
    const node = await controller.joinNode('n1');
    node.purges = false;
    const { job } = await controller.register();
    controller.now.clock.advance(1000);
    const ended = controller.endJob(job);
    await node.saw(({ end }) => end?.job === job);
    controller.now.clock.advance(2000);
    await ended;
    node.send({ purged: { job, usage: { requests: 5 } } });
    await vi.waitFor(async () => expect((await controller.getJob(job)).state).toBe('ended'));
    expect(controller.now.store.all('history')[0]?.recent[0]).toMatchObject({ requests: 5, durationMs: 1000 });
  });

  it('does not wait for a node for ever, and is repeated until the node has acknowledged it', async () => {
    const node = await controller.joinNode('n1');
    node.purges = false;
    const { job } = await controller.register();
    const ending = controller.endJob(job);
    await node.saw(({ end }) => end?.job === job);
    await controller.passTime(2500);
    await ending;
    expect(await controller.getJob(job)).toMatchObject({ state: 'ending' });
    node.leave();
    node.purges = true;
    await node.join();
    const end = await node.saw(({ end }) => end?.job === job);
    expect(end.end?.refuseUntilMs).toBeGreaterThan(controller.now.clock.now() + 6 * 24 * 3600 * 1000);
    await vi.waitFor(async () => expect(await controller.getJob(job)).toMatchObject({ state: 'ended' }));
  });

  it('does not wait for a node that is away', async () => {
    const node = await controller.joinNode('n1');
    const { job } = await controller.register();
    node.leave();
    await controller.passTime(9000);
    await vi.waitFor(async () => expect((await controller.listNodes())[0]?.state).toBe('down'));
    await controller.endJob(job);
    expect(await controller.getJob(job)).toMatchObject({ state: 'ending' });
  });

  it('comes when the lease lapses, and not while it is renewed', async () => {
    const node = await controller.joinNode('n1');
    const { job } = await controller.register({ leaseSeconds: 10 });
    for (let renewal = 0; renewal < 3; renewal++) {
      await controller.passTime(8000);
      node.send({ heartbeat: {} });
      expect((await controller.renewJob(job)).expiresAtMs).toBe(controller.now.clock.now() + 10_000);
    }
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
    await controller.passTime(10_500);
    await vi.waitFor(async () => expect(await controller.getJob(job)).toMatchObject({ endReason: 'lease-lapsed' }));
    await expect(controller.renewJob(job)).rejects.toMatchObject({ code: 'no-job', message: expect.stringContaining('lapsed') });
  });

  it('is told to a node that comes back with jobs that are over or unknown', async () => {
    const node = await controller.joinNode('n1');
    const [{ job: kept }, { job: over }] = [await controller.register(), await controller.register()];
    await controller.endJob(over);
    node.leave();
    await node.join({ jobs: [kept, over, 'never-heard-of'] });
    await node.saw(({ configure }) => configure?.complete);
    expect(node.messages.flatMap(({ end }) => end?.job ?? [])).toEqual([over, 'never-heard-of']);
    expect(node.messages.find(({ configure }) => configure?.complete)?.configure?.jobs.map(({ job }) => job)).toEqual([kept]);
  });

  it('names the job that is not known', async () => {
    for (const call of [controller.getJob, controller.endJob, controller.renewJob]) {
      await expect(call('nope-123')).rejects.toMatchObject({ code: 'no-job', message: expect.stringContaining('nope-123') });
    }
  });
});

describe('lists of jobs', () => {
  it('show active jobs of a namespace, and ended ones when asked', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register({ namespace: 'a' });
    const { job: ended } = await controller.register({ namespace: 'a' });
    await controller.register({ namespace: 'b' });
    await controller.endJob(ended);
    const list = async (request: { namespace?: string; ended?: boolean }) =>
      (await controller.now.channel.call(controller.now.channel.jobs, controller.now.channel.jobs.listJobs, request)).jobs.map(
        (one) => one.job,
      );
    expect(await list({ namespace: 'a' })).toEqual([job]);
    expect((await list({ namespace: 'a', ended: true })).sort()).toEqual([job, ended].sort());
    expect(await list({})).toHaveLength(2);
  });
});

describe('a registration that cannot be written down', () => {
  it('fails, reserves nothing and is taken back from its nodes', async () => {
    const node = await controller.joinNode('n1');
    controller.now.store.commit = () => Promise.reject(new SatchelError('unavailable', 'the disk is full'));
    await expect(controller.register({ hints: { capacityBytes: GiB } })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the disk is full',
    });
    const { end } = await node.saw((message) => message.end);
    expect(end?.job).toMatch(/^sort-/);
    expect(await controller.listNodes()).toMatchObject([{ dramAllocatedBytes: 0, jobs: 0 }]);
  });
});
