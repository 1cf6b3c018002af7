import { describe, expect, it, vi } from 'vitest';
import { useController } from '../testing/use-controller.js';

const controller = useController();
const MiB = 2 ** 20;

const set = (namespace: string, limits: Record<string, number>, unset: string[] = []) => {
  const { channel } = controller.now;
  return channel.call(channel.jobs, channel.jobs.setNamespace, { namespace, limits, unset });
};
const list = async () => {
  const { channel } = controller.now;
  return (await channel.call(channel.jobs, channel.jobs.listNamespaces, {})).namespaces;
};
const register = (namespace: string, capacityBytes?: number) =>
  controller.register({ namespace, hints: capacityBytes === undefined ? {} : { capacityBytes } });

describe('a namespace', () => {
  it('has no more jobs than its limit, and may have others when some end', async () => {
    await controller.joinNode('n1');
    await set('team', { jobs: 2 });
    const { job } = await register('team');
    await register('team');
    await expect(register('team')).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringContaining('--jobs 3'),
    });
    await register('other');
    await controller.endJob(job);
    await register('team');
    await set('team', {}, ['jobs']);
    await register('team');
  });

  it('has no more capacity than its limit, by new jobs or larger ones', async () => {
    await controller.joinNode('n1');
    await set('team', { bytes: 300 * MiB });
    const { job } = await register('team', 200 * MiB);
    await expect(register('team', 101 * MiB)).rejects.toMatchObject({ code: 'quota-exceeded' });
    await register('team', 50 * MiB);
    const { channel } = controller.now;
    const scale = (capacityBytes: number) => channel.call(channel.jobs, channel.jobs.scaleJob, { job, hints: { capacityBytes } });
    await expect(scale(251 * MiB)).rejects.toMatchObject({ code: 'quota-exceeded' });
    await scale(250 * MiB);
    expect((await list())[0]).toMatchObject({ namespace: 'team', jobs: 2, bytes: 300 * MiB });
  });

  it('is charged for what a job without capacity hint holds, and may have no other once that is all', async () => {
    const node = await controller.joinNode('n1', 1);
    await set('team', { bytes: 100 * MiB });
    const { job } = await register('team');
    const holds = async (bytes: number) => {
      const usage = { dram: { bytes, byteSeconds: 0 }, requests: 1, objects: 1, peakBytes: bytes };
      node.send({ heartbeat: { atMs: controller.now.clock.now(), node: {}, jobs: [{ job, shard: 1, incarnation: 1, usage }] } });
      await vi.waitFor(async () => expect((await list())[0]?.bytes).toBe(bytes));
    };
    await holds(60 * MiB);
    await expect(register('team', 41 * MiB)).rejects.toMatchObject({ code: 'quota-exceeded' });
    const second = await register('team');
    await holds(100 * MiB);
    await expect(register('team')).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringMatching(/has 100 MiB of its limit of 100 MiB; end jobs, .* --bytes 131072001$/),
    });
    // What goes on goes on, and a job that says its capacity after all counts with that instead.
    await controller.renewJob(job);
    const { channel } = controller.now;
    const scale = (capacityBytes: number) => channel.call(channel.jobs, channel.jobs.scaleJob, { job, hints: { capacityBytes } });
    await expect(scale(101 * MiB)).rejects.toMatchObject({ code: 'quota-exceeded' });
    await scale(100 * MiB);
    expect((await list())[0]?.bytes).toBe(100 * MiB);
    await controller.endJob(job);
    await controller.endJob(second.job);
    await register('team', 100 * MiB);
  });

  it('is charged for what a job reserves because runs of its name needed it', async () => {
    const node = await controller.joinNode('n1', 1);
    node.finalUsage = { peakBytes: 80 * MiB, bytesIn: MiB, requests: 10 };
    const { job } = await register('team');
    await controller.passTime(1000);
    await controller.endJob(job);
    await set('team', { bytes: 150 * MiB });
    await register('team');
    expect((await list())[0]?.bytes).toBe(100 * MiB);
    await expect(register('team')).rejects.toThrow('100 MiB more were asked for');
  });

  it('is on no more nodes than its limit', async () => {
    for (const node of ['n1', 'n2', 'n3', 'n4']) await controller.joinNode(node);
    await set('team', { nodes: 2 });
    for (let count = 0; count < 4; count++) await register('team', 700 * MiB);
    await register('team');
    expect((await list()).find(({ namespace }) => namespace === 'team')?.nodes).toBe(2);
    await register('other', 3072 * MiB);
    expect((await list()).find(({ namespace }) => namespace === 'other')?.nodes).toBeGreaterThan(2);
  });

  it('keeps its limits when the controller starts again, and counts the jobs that go on', async () => {
    await controller.joinNode('n1');
    await set('team', { jobs: 1, weight: 2.5 });
    await register('team', 10 * MiB);
    await controller.restart();
    expect(await list()).toMatchObject([
      { namespace: 'team', limits: { jobs: 1, weight: 2.5 }, jobs: 1, bytes: 10 * MiB, nodes: 1 },
    ]);
    await expect(register('team')).rejects.toMatchObject({ code: 'quota-exceeded' });
  });

  it('has a name', async () => {
    await expect(set('a b', { jobs: 1 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(set('', { jobs: 1 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(set('team', { weight: -1 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('namespaces that want more than there is', () => {
  it('do not take what others wait for beyond their share', async () => {
    await controller.joinNode('n1');
    const memory = 1024 * MiB;
    await register('first', 0.9 * memory);
    const waiting = await register('second', 0.5 * memory);
    expect(waiting.allocation?.dramBytes).toBeLessThan(0.11 * memory);
    const { job } = await controller.register({ namespace: 'third', hints: { capacityBytes: 0.01 * memory } });
    await controller.endJob(job);
    const namespaces = await list();
    expect(namespaces.find(({ namespace }) => namespace === 'second')?.missingBytes).toBeGreaterThan(0.39 * memory);
    const more = await register('first', 0.3 * memory);
    expect(more.allocation?.dramBytes).toBe(0);
  });
});
