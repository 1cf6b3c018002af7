import type { SatchelError } from '@satchel/proto/core';
import type { SlotMap__Output } from '@satchel/proto/gen';
import { fromServiceError } from '@satchel/proto/rpc';
import { describe, expect, it, vi } from 'vitest';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const controller = useController();

describe('a quota', () => {
  it('is dealt as grants, and moves to the shard that needs it', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register({ hints: { capacityBytes: 512 * MiB } });
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
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register({ hints: { capacityBytes: 512 * MiB } });
    node.send({ grantRequest: { job, shard: 1, bytes: 512 * MiB } });
    await node.saw((message) => message.reclaim);
    await controller.passTime(1250);
    const answer = await node.saw(({ configure }) => configure?.jobs[0]?.grants.some(({ version }) => version === 2));
    expect(answer.configure?.jobs[0]?.grants[0]).toMatchObject({ shard: 1, bytes: 192 * MiB, version: 2 });
  });

  it('follows the hints when the job is scaled; slots stay', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job, slotMap } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    const scaled = await controller.now.channel.call(controller.now.channel.jobs, controller.now.channel.jobs.scaleJob, {
      job,
      hints: { capacityBytes: 200 * MiB },
    });
    expect(scaled.allocation).toMatchObject({ quotaBytes: 200 * MiB, dramBytes: 200 * MiB });
    expect(scaled.slotMap?.ranges).toEqual(slotMap?.ranges);
    expect((await controller.listNodes())[0]?.dramAllocatedBytes).toBe(200 * MiB);
    await node.saw(({ configure }) => configure?.jobs[0]?.quotaBytes === 200 * MiB);
    await expect(
      controller.now.channel.call(controller.now.channel.jobs, controller.now.channel.jobs.scaleJob, {
        job,
        hints: { replicas: 3 },
      }),
    ).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('usage', () => {
  it('adds up what the shards report', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register();
    const report = (shard: number, bytesIn: number) => ({
      job,
      shard,
      incarnation: 1,
      usage: { bytesIn, dram: { bytes: bytesIn } },
    });
    node.send({ heartbeat: { node: { dramUsedBytes: 30 }, jobs: [report(1, 10), report(2, 20)] } });
    await vi.waitFor(async () =>
      expect((await controller.getJob(job)).usage).toMatchObject({ bytesIn: 30, dram: { bytes: 30 } }),
    );
    expect((await controller.listNodes())[0]?.usage?.dramUsedBytes).toBe(30);
  });

  it('of a shard is taken from its own node only', async () => {
    await controller.joinNode('n1', 1);
    const other = await controller.joinNode('n2', 1);
    const { job } = await controller.register();
    other.send({
      heartbeat: {
        jobs: [
          { job, shard: 1, incarnation: 9, usage: { bytesIn: 1 } },
          { job, shard: 2, usage: { bytesIn: 5 } },
        ],
      },
    });
    await vi.waitFor(async () => expect((await controller.getJob(job)).usage?.bytesIn).toBe(5));
  });
});

describe('watching a slot map', () => {
  it('shows it now and when a shard goes down, and ends with no-job when the job does', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register();
    const maps: SlotMap__Output[] = [];
    const stream = controller.now.channel.jobs.watchSlotMap({ job });
    const ended = new Promise<SatchelError>((resolve) =>
      stream.on('error', (error) => resolve(fromServiceError(error as never, 'x'))),
    );
    stream.on('data', (map: SlotMap__Output) => maps.push(map));
    await vi.waitFor(() => expect(maps).toHaveLength(1));
    node.send({ shardChanged: { shard: 2, state: 'down' } });
    await vi.waitFor(() => expect(maps.at(-1)?.shards.map(({ state }) => state)).toEqual(['up', 'down']));
    await controller.endJob(job);
    expect(await ended).toMatchObject({ code: 'no-job', message: expect.stringContaining(job) });
  });

  it('of a job that is not known fails at once', async () => {
    const stream = controller.now.channel.jobs.watchSlotMap({ job: 'nope' });
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(error).toMatchObject({ details: expect.stringContaining('nope') });
  });
});
