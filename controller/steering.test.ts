import { slotCount, slotsPerShard } from '@satchel/proto/core';
import type { Hints, Job__Output, JobConfiguration__Output, SlotMap__Output } from '@satchel/proto/gen';
import { describe, expect, it, vi } from 'vitest';
import type { FakeNode } from './testing/fake-node.js';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const controller = useController();

const scale = (job: string, hints: Hints) =>
  controller.now.channel.call(controller.now.channel.jobs, controller.now.channel.jobs.scaleJob, { job, hints });
const drain = (node: string) =>
  controller.now.channel.call(controller.now.channel.fleet, controller.now.channel.fleet.drainNode, { node });
const shardsOf = (job: { slotMap: SlotMap__Output | null }) => [...new Set(job.slotMap?.ranges.map(({ shard }) => shard))].sort();
const slotsOf = (job: { slotMap: SlotMap__Output | null }) => slotsPerShard(job.slotMap?.ranges ?? []);
const because = (job: Job__Output, field: string) => job.reasons.find((reason) => reason.field === field)?.because;

/** The last configuration of a job that a node was sent on its present stream. */
function lastTold(node: FakeNode, job: string): JobConfiguration__Output | undefined {
  return node.messages.flatMap(({ configure }) => configure?.jobs ?? []).findLast((one) => one.job === job);
}
/** What was told with this revision, awaited if need be. */
async function told(node: FakeNode, job: string, revision: number): Promise<JobConfiguration__Output> {
  const is = (one: JobConfiguration__Output) => one.job === job && one.revision === revision;
  const message = await node.saw(({ configure }) => configure?.jobs.some(is));
  return message.configure?.jobs.find(is) as JobConfiguration__Output;
}
const wholeSpan = [{ start: 0, end: slotCount }];

describe('a job that is scaled', () => {
  it('gets more shards, moves the fewest slots, and tells present and previous owners', async () => {
    const one = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB } });
    const [two, three] = [await controller.joinNode('n2', 1), await controller.joinNode('n3', 1)];
    const scaled = await scale(job, { throughputBytesPerSecond: 1400 * MiB });
    expect(scaled.slotMap?.epoch).toBe(2);
    expect([...slotsOf(scaled).values()].sort()).toEqual([5461, 5461, 5462]);
    const start = slotsOf(scaled).get(1) ?? 0;
    expect(scaled.previous).toEqual([{ start, end: slotCount, shard: 1, epoch: 2, lost: false }]);
    expect(because(scaled, 'slots moved')).toContain('scaled by hint throughput');
    for (const node of [one, two, three]) {
      expect(await told(node, job, 2)).toMatchObject({ epoch: 2, ranges: scaled.slotMap?.ranges, previous: scaled.previous });
    }
  });

  it('gives slots back when it needs less', async () => {
    for (const node of ['n1', 'n2', 'n3']) await controller.joinNode(node, 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 1400 * MiB } });
    const scaled = await scale(job, { throughputBytesPerSecond: 100 * MiB });
    expect(shardsOf(scaled)).toHaveLength(1);
    expect(scaled.previous.map(({ shard }) => shard)).toHaveLength(2);
    expect((await controller.listNodes()).map(({ jobs }) => jobs)).toEqual([1, 1, 1]);
  });

  it('does not change when the hints do not', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    const sent = node.messages.length;
    const scaled = await scale(job, { capacityBytes: 100 * MiB });
    expect(scaled).toMatchObject({ revision: 1, slotMap: { epoch: 1 } });
    expect(node.messages).toHaveLength(sent);
  });

  it('keeps its slots where they hold what is wanted', async () => {
    await controller.joinNode('n1', 2);
    await controller.joinNode('n2', 2);
    const { job, slotMap } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    const scaled = await scale(job, { capacityBytes: 200 * MiB });
    expect(scaled.slotMap).toMatchObject({ epoch: 1, ranges: slotMap?.ranges });
    expect(scaled).toMatchObject({ revision: 2, previous: [] });
  });

  it('is told to watchers of its slot map', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB } });
    await controller.joinNode('n2', 1);
    const maps: SlotMap__Output[] = [];
    const stream = controller.now.channel.jobs.watchSlotMap({ job });
    stream.on('error', () => {});
    stream.on('data', (map: SlotMap__Output) => maps.push(map));
    await vi.waitFor(() => expect(maps).toHaveLength(1));
    await scale(job, { throughputBytesPerSecond: 900 * MiB });
    await vi.waitFor(() => expect(maps.at(-1)).toMatchObject({ epoch: 2, shards: [{ shard: 1 }, { shard: 2 }] }));
    stream.cancel();
  });

  it('twice at once is scaled one after the other', async () => {
    for (const node of ['n1', 'n2', 'n3']) await controller.joinNode(node, 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB } });
    await Promise.all([
      scale(job, { throughputBytesPerSecond: 900 * MiB }),
      scale(job, { capacityBytes: 100 * MiB }),
      scale(job, { throughputBytesPerSecond: 1400 * MiB }),
    ]);
    const after = await controller.getJob(job);
    expect(after).toMatchObject({ revision: 4, hints: { capacityBytes: 100 * MiB }, slotMap: { epoch: 3 } });
    expect(shardsOf(after)).toHaveLength(3);
    const nodes = await controller.listNodes();
    expect(nodes.reduce((sum, { dramAllocatedBytes }) => sum + dramAllocatedBytes, 0)).toBe(after.allocation?.dramBytes);
  });

  it('stays as it was if that cannot be written down', async () => {
    const node = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB, capacityBytes: 100 * MiB } });
    await controller.joinNode('n2', 1);
    const { store } = controller.now;
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('the disk is full'));
    await expect(scale(job, { throughputBytesPerSecond: 900 * MiB })).rejects.toThrow();
    store.commit = commit;
    expect(await controller.getJob(job)).toMatchObject({ revision: 1, slotMap: { epoch: 1 } });
    expect(lastTold(node, job)?.revision).toBe(1);
    expect(await scale(job, { throughputBytesPerSecond: 900 * MiB })).toMatchObject({ revision: 2, slotMap: { epoch: 2 } });
  });

  it('and ends meanwhile is over, and reserves nothing', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB, capacityBytes: 100 * MiB } });
    await controller.joinNode('n2', 1);
    const { store } = controller.now;
    const commit = store.commit.bind(store);
    const begun = new Promise<() => void>((resolve) => {
      store.commit = (changes) => new Promise((done, failed) => resolve(() => commit(changes).then(done, failed)));
    });
    const scaling = scale(job, { throughputBytesPerSecond: 900 * MiB, capacityBytes: 600 * MiB }).catch(
      (error: unknown) => error,
    );
    const write = await begun;
    store.commit = commit;
    await controller.endJob(job);
    write();
    expect(await scaling).toMatchObject({ code: 'no-job' });
    expect(await controller.getJob(job)).toMatchObject({ state: 'ended' });
    expect((await controller.listNodes()).map(({ dramAllocatedBytes }) => dramAllocatedBytes)).toEqual([0, 0]);
  });

  it('deals its quota to the shards it has then', async () => {
    const one = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB, capacityBytes: 400 * MiB } });
    const two = await controller.joinNode('n2', 1);
    await scale(job, { throughputBytesPerSecond: 900 * MiB, capacityBytes: 800 * MiB });
    expect((await told(two, job, 2)).grants).toMatchObject([{ shard: 2, bytes: 300 * MiB }]);
    expect((await told(one, job, 2)).grants).toMatchObject([{ shard: 1, bytes: 400 * MiB }]);
  });
});

describe('slots that were emptied', () => {
  async function moved() {
    const one = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB } });
    const two = await controller.joinNode('n2', 1);
    await scale(job, { throughputBytesPerSecond: 900 * MiB });
    return { one, two, job };
  }

  it('have no previous owner any more, and all owners hear of it', async () => {
    const { one, two, job } = await moved();
    one.send({ emptied: { job, shard: 1, epoch: 2, spans: [{ start: 8192, end: 10_000 }] } });
    one.send({ emptied: { job, shard: 1, epoch: 2, spans: [{ start: 10_000, end: 12_000 }] } });
    await vi.waitFor(async () => {
      await controller.passTime(100);
      expect((await controller.getJob(job)).previous).toMatchObject([{ start: 12_000, end: slotCount }]);
    });
    const { revision } = await controller.getJob(job);
    for (const node of [one, two]) expect((await told(node, job, revision)).epoch).toBe(2);
  });

  it('are believed of its own shards only, and not for what they had again since', async () => {
    const { one, two, job } = await moved();
    two.send({ emptied: { job, shard: 1, epoch: 2, spans: wholeSpan } });
    one.send({ emptied: { job, shard: 1, epoch: 1, spans: wholeSpan } });
    await controller.passTime(500);
    expect(await controller.getJob(job)).toMatchObject({ revision: 2, previous: [{ shard: 1 }] });
  });

  it('stay emptied when the controller starts again, and a node that joins gets all of it', async () => {
    const { one, two, job } = await moved();
    one.send({ emptied: { job, shard: 1, epoch: 2, spans: [{ start: 0, end: 12_000 }] } });
    await vi.waitFor(async () => {
      await controller.passTime(100);
      expect((await controller.getJob(job)).revision).toBe(3);
    });
    for (const node of [one, two]) node.leave();
    await controller.restart();
    for (const name of ['n1', 'n2']) {
      const node = await controller.joinNode(name, 1);
      expect(await told(node, job, 3)).toMatchObject({ epoch: 2, previous: [{ start: 12_000, end: slotCount, shard: 1 }] });
      expect(node.messages.find(({ configure }) => configure?.complete)?.configure?.jobs).toHaveLength(1);
    }
  });

  it('let a draining node go once all of them are, and the job whose URL names it has ended', async () => {
    const { one, two, job } = await moved();
    await drain('n1');
    const scaled = await scale(job, { throughputBytesPerSecond: 450 * MiB });
    expect(shardsOf(scaled)).toEqual([2]);
    expect(one.messages.some((message) => message.drain?.leave)).toBe(false);
    one.send({ emptied: { job, shard: 1, epoch: 3, spans: wholeSpan } });
    await vi.waitFor(async () => {
      await controller.passTime(100);
      expect((await controller.getJob(job)).previous).toEqual([]);
    });
    expect((await told(two, job, 4)).previous).toEqual([]);
    expect((await controller.listNodes()).map(({ jobs }) => jobs)).toEqual([1, 1]);
    expect(one.messages.some((message) => message.drain?.leave)).toBe(false);
    await controller.endJob(job);
    await one.saw((message) => message.drain?.leave);
  });

  it('are still told of the job to the end, so that their node takes none of them for its own', async () => {
    const { one, job } = await moved();
    await drain('n1');
    await scale(job, { throughputBytesPerSecond: 400 * MiB });
    one.leave();
    await one.join();
    expect(await told(one, job, 3)).toMatchObject({ epoch: 3, ranges: [{ start: 0, shard: 2 }] });
    await controller.endJob(job);
    await one.saw(({ end }) => end?.job === job);
    expect(await controller.getJob(job)).toMatchObject({ state: 'ended' });
  });
});

describe('a job that got less than it wanted', () => {
  it('starts at once and says what it is short of', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 1400 * MiB, capacityBytes: GiB } });
    expect((await controller.getJob(job)).deficit).toEqual({
      shards: 2,
      bytes: GiB - 512 * MiB,
      throughputBytesPerSecond: 900 * MiB,
    });
  });

  it('widens when nodes join', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 1400 * MiB } });
    for (const node of ['n2', 'n3']) await controller.joinNode(node, 1);
    await vi.waitFor(async () => {
      await controller.passTime(500);
      expect((await controller.getJob(job)).deficit).toBeNull();
    });
    const widened = await controller.getJob(job);
    expect(shardsOf(widened)).toHaveLength(3);
    expect(because(widened, 'slots moved')).toContain('widened, as there is more room');
  });

  it('widens when another job gives its room back, and the one that is short of most comes first', async () => {
    await controller.joinNode('n1', 1);
    const { job: first } = await controller.register({ hints: { capacityBytes: 512 * MiB } });
    const { job: small } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    const { job: large } = await controller.register({ hints: { capacityBytes: 450 * MiB } });
    await controller.endJob(first);
    await vi.waitFor(async () => {
      await controller.passTime(500);
      expect((await controller.getJob(large)).allocation?.dramBytes).toBe(450 * MiB);
    });
    expect((await controller.getJob(small)).deficit).toMatchObject({ bytes: 38 * MiB });
  });
});
describe('jobs that got less than they wanted', () => {
  it('widen a few at a time', async () => {
    await controller.joinNode('n1', 1);
    const jobs = 40;
    for (let job = 0; job < jobs; job++) await controller.register();
    await controller.joinNode('n2', 1);
    const { channel } = controller.now;
    const widened = async () =>
      (await channel.call(channel.jobs, channel.jobs.listJobs, {})).jobs.filter(
        ({ allocation }) => allocation?.shares.length === 2,
      ).length;
    const steps: number[] = [];
    for (let all = await widened(); all < jobs; ) {
      await controller.passTime(250);
      const now = await widened();
      if (now > all) steps.push(now - all);
      all = now;
    }
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...steps)).toBeLessThanOrEqual(16);
  });
});

describe('a node that is gone for good', () => {
  it('gives its slots up as lost, and has none when it comes back', async () => {
    const one = await controller.joinNode('n1', 1);
    const two = await controller.joinNode('n2', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 900 * MiB }, leaseSeconds: 3600 });
    one.leave();
    for (let second = 0; second < 180 && shardsOf(await controller.getJob(job)).length > 1; second++) {
      two.send({ heartbeat: {} });
      await controller.passTime(1000);
    }
    const after = await controller.getJob(job);
    expect((await controller.listNodes()).map(({ state }) => state)).toEqual(['lost', 'up']);
    expect(shardsOf(after)).toEqual([2]);
    expect(after.previous).toMatchObject([{ shard: 1, epoch: 2, lost: true }]);
    expect(because(after, 'slots moved')).toContain('gone for good');
    expect((await told(two, job, 2)).previous).toMatchObject([{ lost: true }]);
    await one.join();
    expect(await told(one, job, 2)).toMatchObject({
      epoch: 2,
      ranges: [{ start: 0, shard: 2 }],
      previous: [{ shard: 1, lost: true }],
    });
  });
});

describe('a node that is given up while nothing can be written down', () => {
  const remove = (node: string) =>
    controller.now.channel.call(controller.now.channel.fleet, controller.now.channel.fleet.removeNode, { node, lost: true });

  it('loses its slots when it can, unless it is back by then', async () => {
    const nodes = [await controller.joinNode('n1', 1), await controller.joinNode('n2', 1), await controller.joinNode('n3', 1)];
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 1400 * MiB }, leaseSeconds: 3600 });
    const { store } = controller.now;
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('the disk is full'));
    for (const [index, node] of nodes.slice(0, 2).entries()) {
      node.leave();
      await vi.waitFor(async () => expect((await controller.listNodes())[index]?.state).not.toBe('up'));
      await remove(`n${index + 1}`);
    }
    expect(shardsOf(await controller.getJob(job))).toEqual([1, 2, 3]);
    store.commit = commit;
    await nodes[0]?.join();
    await vi.waitFor(async () => {
      nodes[2]?.send({ heartbeat: {} });
      nodes[0]?.send({ heartbeat: {} });
      await controller.passTime(1000);
      expect((await controller.getJob(job)).previous.map(({ shard, lost }) => [shard, lost])).toContainEqual([2, true]);
    });
    expect((await controller.getJob(job)).previous.some(({ shard }) => shard === 1)).toBe(false);
  });
});

describe('a node that is back without what it held', () => {
  it('keeps its slots, and what was there is lost', async () => {
    const contents = (text: string) => ({ shards: (node.hello.shards ?? []).map((shard) => ({ ...shard, contents: text })) });
    const node = controller.newNode('n1', 1);
    await node.join(contents('first'));
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 400 * MiB } });
    node.leave();
    await node.join(contents('first'));
    expect(await controller.getJob(job)).toMatchObject({ revision: 1, previous: [] });
    node.leave();
    await node.join(contents('second'));
    expect(await told(node, job, 2)).toMatchObject({
      epoch: 2,
      ranges: [{ start: 0, shard: 1 }],
      previous: [{ start: 0, end: slotCount, shard: 1, epoch: 2, lost: true }],
    });
  });
});

describe('a node that is removed', () => {
  const remove = (node: string, lost = false) =>
    controller.now.channel.call(controller.now.channel.fleet, controller.now.channel.fleet.removeNode, { node, lost });

  it('as lost is forgotten at once, and its slots go to others', async () => {
    const one = await controller.joinNode('n1', 1);
    await controller.joinNode('n2', 1);
    const { job } = await controller.register({ hints: { throughputBytesPerSecond: 900 * MiB } });
    await expect(remove('n1', true)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('is up') });
    one.leave();
    await vi.waitFor(async () => expect((await controller.listNodes())[0]?.state).not.toBe('up'));
    await expect(remove('n1')).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('jobs need') });
    await remove('n1', true);
    expect((await controller.listNodes()).map(({ node }) => node)).toEqual(['n2']);
    const after = await controller.getJob(job);
    expect(shardsOf(after)).toEqual([2]);
    expect(after.previous).toMatchObject([{ shard: 1, lost: true }]);
    await controller.endJob(job);
    expect(await controller.getJob(job)).toMatchObject({ state: 'ended' });
  });

  it('is refused while nobody could take its slots, or if there is none', async () => {
    const node = await controller.joinNode('n1', 1);
    await controller.register();
    node.leave();
    await vi.waitFor(async () => expect((await controller.listNodes())[0]?.state).not.toBe('up'));
    await expect(remove('n1', true)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('no other') });
    await expect(remove('n9')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is forgotten if nobody needs it', async () => {
    const node = await controller.joinNode('n1', 1);
    await expect(remove('n1')).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('is up') });
    node.leave();
    await vi.waitFor(async () => expect((await controller.listNodes())[0]?.state).not.toBe('up'));
    await remove('n1');
    expect(await controller.listNodes()).toEqual([]);
  });
});
