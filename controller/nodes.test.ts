import { describe, expect, it, vi } from 'vitest';
import type { FakeNode } from './testing/fake-node.js';
import { useController } from './testing/use-controller.js';

const controller = useController();

describe('nodes', () => {
  it('keep their shard ids, and new ones get new ids', async () => {
    const first = controller.newNode('n1', 2);
    const second = controller.newNode('n2', 1);
    expect(await first.join()).toEqual([1, 2]);
    expect(await second.join()).toEqual([3]);
    first.leave();
    expect(await first.join()).toEqual([1, 2]);
    first.leave();
    const grown = controller.newNode('n1', 3);
    expect(await grown.join()).toEqual([1, 2, 4]);
  });

  it('hear of each other', async () => {
    const first = await controller.joinNode('n1');
    await controller.joinNode('n2');
    controller.now.clock.advance(100);
    const { directory } = await first.saw((message) => message.directory);
    expect(directory?.shards.map(({ node }) => node)).toEqual(['n2', 'n2']);
    expect(directory?.since).toBe(first.messages[0]?.welcome?.directory?.version);
  });

  it('know where the shards of a job are before they hear of the job', async () => {
    const first = await controller.joinNode('n1');
    await controller.joinNode('n2');
    await controller.register();
    await first.saw(({ configure }) => configure && configure.jobs.length > 0);
    const known = first.messages.findIndex(({ directory }) => directory?.shards.some(({ node }) => node === 'n2'));
    expect(known).toBeGreaterThan(0);
    expect(known).toBeLessThan(first.messages.findIndex(({ configure }) => configure && configure.jobs.length > 0));
  });

  it('are down after silence, and get no jobs then', async () => {
    const quiet = await controller.joinNode('n1');
    const heard = await controller.joinNode('n2');
    for (let second = 0; second < 8; second++) {
      heard.send({ heartbeat: {} });
      await vi.waitFor(async () => expect((await controller.listNodes())[1]?.lastHeartbeatMs).toBe(controller.now.clock.now()));
      controller.now.clock.advance(1000);
    }
    expect((await controller.listNodes()).map(({ state }) => state)).toEqual(['down', 'up']);
    expect((await controller.register()).slotMap?.shards.map(({ node }) => node)).toEqual(['n2', 'n2']);
    quiet.leave();
  });

  it('are still up when their stream breaks for a moment', async () => {
    const node = await controller.joinNode('n1');
    node.leave();
    await controller.passTime(1000);
    expect((await controller.listNodes())[0]).toMatchObject({ state: 'suspect', shards: [{ state: 'up' }, { state: 'up' }] });
    await controller.passTime(3000);
    expect((await controller.listNodes())[0]?.state).toBe('down');
  });

  it('are turned away when another of the name is up, or their introduction is wrong', async () => {
    const first = await controller.joinNode('n1');
    const second = controller.newNode('n1').join();
    const turnedAway = expect(second).rejects.toThrow('--id');
    const heartbeats = setInterval(() => first.send({ heartbeat: {} }), 20);
    await turnedAway;
    clearInterval(heartbeats);
    await expect(controller.newNode('n 2').join()).rejects.toThrow("'n 2'");
    await expect(controller.newNode('n3', 0).join()).rejects.toThrow('0 shards');
  });

  it('are let in when the node that was connected under their name turns out to be gone', async () => {
    const killed = await controller.joinNode('n1');
    const restarted = controller.newNode('n1').join();
    killed.leave();
    expect(await restarted).toEqual([1, 2]);
  });

  it('are let in when the one connected under their name says nothing any more', async () => {
    await controller.joinNode('n1');
    const joined = controller.newNode('n1').join();
    const time = setInterval(() => void controller.passTime(250), 20);
    expect(await joined).toEqual([1, 2]);
    clearInterval(time);
  });

  it('without jobs are forgotten when they have been down for a day', async () => {
    const node = await controller.joinNode('n1');
    node.leave();
    await vi.waitFor(async () => {
      controller.now.clock.advance(4000);
      expect((await controller.listNodes())[0]?.state).toBe('down');
    });
    controller.now.clock.advance(23 * 3600 * 1000);
    expect(await controller.listNodes()).toHaveLength(1);
    controller.now.clock.advance(2 * 3600 * 1000);
    expect(await controller.listNodes()).toEqual([]);
  });

  const drain = (node: string) => {
    const { channel } = controller.now;
    return channel.call(channel.fleet, channel.fleet.drainNode, { node });
  };
  const names = async () => (await controller.listNodes()).map(({ node }) => node);
  const states = async () => (await controller.listNodes()).map(({ state }) => state);
  const leaves = ({ messages }: FakeNode) => messages.filter(({ drain }) => drain?.leave).length;

  it('get no new slots while they drain', async () => {
    await controller.joinNode('n1');
    await controller.joinNode('n2');
    expect((await drain('n1')).state).toBe('draining');
    const { slotMap } = await controller.register();
    expect(slotMap?.shards.map(({ node: name }) => name)).toEqual(['n2', 'n2']);
    await expect(drain('n9')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('n9') });
  });

  it('without jobs are told to leave as soon as they drain, and are forgotten once they left', async () => {
    const node = await controller.joinNode('n1');
    await controller.joinNode('n2');
    await drain('n1');
    await node.saw(({ drain }) => drain?.leave);
    expect(await names()).toEqual(['n1', 'n2']);
    node.goodbye();
    await vi.waitFor(async () => expect(await names()).toEqual(['n2']));
  });

  it('are told to leave when their last job has ended, also by nodes that have yet to purge it', async () => {
    const node = await controller.joinNode('n1');
    const [first, second] = [await controller.register(), await controller.register()];
    const slow = await controller.joinNode('n2');
    slow.purges = false;
    const wide = await controller.register({ hints: { functions: 100, throughputBytesPerSecond: 2 ** 31 } });
    expect(new Set(wide.slotMap?.shards.map(({ node: name }) => name))).toEqual(new Set(['n1', 'n2']));
    await drain('n1');
    await node.saw(({ drain }) => drain);
    await Promise.all([controller.endJob(first.job), controller.endJob(second.job)]);
    expect(leaves(node)).toBe(0);
    void controller.endJob(wide.job);
    await node.saw(({ drain }) => drain?.leave);
    node.goodbye();
    await vi.waitFor(async () => expect(await names()).toEqual(['n2']));
    await controller.restart();
    const again = controller.newNode('n2');
    await again.join();
    await vi.waitFor(async () => expect((await controller.getJob(wide.job)).state).toBe('ended'));
  });

  it('drain on through a restart of the controller', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register();
    await drain('n1');
    await controller.restart();
    expect(await states()).toEqual(['suspect']);
    const again = await controller.joinNode('n1');
    expect(await states()).toEqual(['draining']);
    await again.saw(({ drain }) => drain);
    await expect(controller.register()).rejects.toMatchObject({ code: 'unavailable' });
    expect(leaves(again)).toBe(0);
    await controller.endJob(job);
    await again.saw(({ drain }) => drain?.leave);
  });

  it('that are killed while they drain are still draining when they come back, with jobs and without', async () => {
    const node = await controller.joinNode('n1');
    const { job } = await controller.register();
    await drain('n1');
    node.leave();
    await node.join();
    await node.saw(({ drain }) => drain);
    expect([await states(), leaves(node)]).toEqual([['draining'], 0]);
    await controller.endJob(job);
    await node.saw(({ drain }) => drain?.leave);
    node.leave();
    await node.join();
    await node.saw(({ drain }) => drain?.leave);
    expect(await states()).toEqual(['draining']);
    node.leave();
    await vi.waitFor(async () => {
      controller.now.clock.advance(1000);
      expect(await names()).toEqual([]);
    });
  });
});
