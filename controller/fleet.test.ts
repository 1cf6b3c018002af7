import { describe, expect, it, vi } from 'vitest';
import type { FakeNode } from './testing/fake-node.js';
import { useController } from './testing/use-controller.js';

const controller = useController();
const states = async () => (await controller.listNodes()).map(({ state }) => state);
/** Time passes; the nodes named say that they live. */
async function pass(seconds: number, ...alive: FakeNode[]): Promise<void> {
  const names = new Set(alive.map(({ hello }) => hello.node));
  const heardMs = async () =>
    (await controller.listNodes()).filter(({ node }) => names.has(node)).map((node) => node.lastHeartbeatMs);
  for (let second = 0; second < seconds; second++) {
    for (const node of alive) node.send({ heartbeat: {} });
    await vi.waitFor(async () => expect(new Set([...(await heardMs()), controller.now.clock.now()]).size).toBe(1));
    await controller.passTime(1000);
  }
}

describe('a fleet', () => {
  it('gives new jobs to nodes above suspicion, and to others only if there are none', async () => {
    const quiet = await controller.joinNode('n1');
    const loud = await controller.joinNode('n2');
    await pass(4, loud);
    expect(await states()).toEqual(['suspect', 'up']);
    const { slotMap } = await controller.register();
    expect(new Set(slotMap?.shards.map(({ node }) => node))).toEqual(new Set(['n2']));
    loud.leave();
    await vi.waitFor(async () => expect(await states()).toEqual(['suspect', 'suspect']));
    expect((await controller.register()).slotMap?.shards).toHaveLength(2);
    quiet.send({ heartbeat: {} });
    await vi.waitFor(async () => expect(await states()).toEqual(['up', 'suspect']));
  });

  it('gives a node up when it has been down for a minute, and its slots to others', async () => {
    const away = await controller.joinNode('n1');
    const { job } = await controller.register({ leaseSeconds: 3600 });
    const stays = await controller.joinNode('n2');
    away.leave();
    await pass(60, stays);
    expect(await states()).toEqual(['down', 'up']);
    expect((await controller.getJob(job)).slotMap?.shards.map(({ node }) => node)).toContain('n1');
    await pass(6, stays);
    expect(await states()).toEqual(['lost', 'up']);
    await vi.waitFor(async () => {
      expect(new Set((await controller.getJob(job)).slotMap?.shards.map(({ node }) => node))).toEqual(new Set(['n2']));
    });
    const back = await controller.joinNode('n1');
    expect(await states()).toEqual(['up', 'up']);
    await back.saw(({ configure }) => configure?.complete);
  });

  it('gives up nodes that died together at once: a job that was on several gets new owners in one step', async () => {
    const dying = [await controller.joinNode('n1'), await controller.joinNode('n2')];
    const { job } = await controller.register({ leaseSeconds: 3600, hints: { capacityBytes: 2 * 2 ** 30 } });
    const staying = [await controller.joinNode('n3'), await controller.joinNode('n4')];
    const nodesOf = async () => new Set((await controller.getJob(job)).slotMap?.shards.map(({ node }) => node));
    expect(await nodesOf()).toEqual(new Set(['n1', 'n2']));
    for (const node of dying) node.leave();
    await pass(66, ...staying);
    await vi.waitFor(async () => expect(await nodesOf()).toEqual(new Set(['n3', 'n4'])));
    const { slotMap, reasons } = await controller.getJob(job);
    expect(slotMap?.epoch).toBe(2);
    expect(reasons.find(({ field }) => field === 'slots moved')?.because).toMatch(/^shards 1, 2, 3, 4 gone for good: /);
  });

  it('gives up no node while there is no other', async () => {
    const only = await controller.joinNode('n1');
    only.leave();
    await pass(120);
    expect(await states()).toEqual(['down']);
  });

  it('takes a clock that jumps, and a process that stood still, for no silence of its nodes', async () => {
    const node = await controller.joinNode('n1');
    await pass(2, node);
    controller.now.clock.skip(3_600_000);
    await pass(2, node);
    expect(await states()).toEqual(['up']);
    controller.now.clock.skip(3_600_000);
    await controller.passTime(250);
    expect(await states()).toEqual(['up']);
    await controller.passTime(8000);
    expect(await states()).toEqual(['down']);
  });

  it('knows a node that comes back with other contents, and tells it what was lost before it serves', async () => {
    const node = await controller.joinNode('n1', 2);
    const shards = (contents: string[]) =>
      (node.hello.shards ?? []).map((shard, index) => ({ ...shard, contents: contents[index] ?? '' }));
    await node.join({ shards: shards(['a', 'b']) });
    const { job, slotMap } = await controller.register();
    expect(slotMap?.ranges).toHaveLength(2);
    const lost = async () =>
      (await node.saw(({ configure }) => configure?.complete)).configure?.jobs.find((one) => one.job === job);
    await node.join({ shards: shards(['a', 'b']) });
    expect((await lost())?.previous).toEqual([]);
    await node.join({ shards: shards(['a', 'c']) });
    expect(await lost()).toMatchObject({ epoch: 2, previous: [{ shard: 2, start: 8192, end: 16_384, lost: true }] });
    await node.join({ shards: shards(['a', 'c']) });
    expect(await lost()).toMatchObject({ epoch: 2, previous: [{ shard: 2 }] });
  });

  it('takes a draining node back, unless it was told to leave', async () => {
    const { channel } = controller.now;
    const call = (method: 'drainNode' | 'undrainNode', node: string) =>
      channel.call(channel.fleet, channel.fleet[method], { node });
    await controller.joinNode('n1');
    await controller.register();
    await controller.joinNode('n2');
    await call('drainNode', 'n1');
    expect(await states()).toEqual(['draining', 'up']);
    expect((await call('undrainNode', 'n1')).state).toBe('up');
    await call('drainNode', 'n2');
    await expect(call('undrainNode', 'n2')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(call('undrainNode', 'n9')).rejects.toMatchObject({ code: 'not-found' });
  });
});
