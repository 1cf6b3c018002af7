import { limits, SatchelError } from '@satchel/proto/core';
import type { BeginStageRequest, JobEvent__Output } from '@satchel/proto/gen';
import { describe, expect, it, vi } from 'vitest';
import type { FakeNode } from '../testing/fake-node.js';
import { useController } from '../testing/use-controller.js';

const controller = useController();
const call = () => controller.now.channel;
const begin = (job: string, request: BeginStageRequest = {}) =>
  call().call(call().jobs, call().jobs.beginStage, { job, name: 'map', ...request });
const renew = (job: string, stage: string) => call().call(call().jobs, call().jobs.renewStage, { job, stage });
const end = (job: string, stage: string) => call().call(call().jobs, call().jobs.endStage, { job, stage });
const list = async (job: string, ended = false) =>
  (await call().call(call().jobs, call().jobs.listStages, { job, ended })).stages;

/** The node empties prefixes as it is told, on each of its shards. */
function emptying(node: FakeNode, shards: readonly number[], objects = 1): void {
  node.onMessage = ({ configure }) => {
    for (const { job, endedPrefixes } of configure?.jobs ?? []) {
      for (const { serial, pending } of endedPrefixes) {
        if (!pending) continue;
        for (const shard of shards)
          node.send({ prefixEmptied: { job, shard, serial, reclaimed: { objects, bytes: 100 * objects } } });
      }
    }
  };
}

/** Lets time pass while a node shows that it lives. */
async function passTimeWith(node: FakeNode, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    const before = controller.now.clock.now();
    node.send({ heartbeat: { atMs: before } });
    await vi.waitFor(async () => expect((await controller.listNodes())[0]?.lastHeartbeatMs).toBe(before));
    await controller.passTime(Math.min(1000, ms - passed));
  }
}

/** What a job's events are from now on. */
async function watch(job: string): Promise<JobEvent__Output[]> {
  const events: JobEvent__Output[] = [];
  const stream = call().jobs.watchJob({ job });
  stream.on('data', (event: JobEvent__Output) => events.push(event));
  stream.on('error', () => {});
  await vi.waitFor(() => expect(events[0]?.kind).toBe('watching'));
  return events;
}

describe('a stage', () => {
  it('has an id and a prefix of its own, under that of its parent', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register();
    const map = await begin(job, { name: 'map' });
    expect(map).toMatchObject({ name: 'map', state: 'active', prefix: `${map.stage}/`, parent: '', leaseMs: 0, expiresAtMs: 0 });
    const part = await begin(job, { name: 'part', parent: map.stage, leaseMs: 5000 });
    expect(part.prefix).toBe(`${map.prefix}${part.stage}/`);
    expect(part.expiresAtMs).toBe(controller.now.clock.now() + 5000);
    expect((await list(job)).map(({ stage }) => stage).sort()).toEqual([map.stage, part.stage].sort());
  });

  it('ends with what its shards deleted, and what is below it ends too; others go on', async () => {
    const node = await controller.joinNode('n1', 2);
    emptying(node, [1, 2], 3);
    const { job } = await controller.register();
    const map = await begin(job);
    const part = await begin(job, { name: 'part', parent: map.stage });
    const other = await begin(job, { name: 'other' });
    const events = await watch(job);
    expect(await end(job, map.stage)).toMatchObject({
      state: 'ended',
      endReason: 'ended',
      reclaimed: { objects: 6, bytes: 600 },
    });
    const ended = await list(job, true);
    expect(ended.find(({ stage }) => stage === part.stage)).toMatchObject({ state: 'ended', endReason: 'parent-ended' });
    expect((await list(job)).map(({ stage }) => stage)).toEqual([other.stage]);
    await vi.waitFor(() => expect(events.filter(({ kind }) => kind === 'stage-ended')).toHaveLength(2));
    const sealed = node.messages.flatMap(({ configure }) => configure?.jobs ?? []).at(-1)?.endedPrefixes;
    expect(sealed).toEqual([{ serial: 1, prefix: map.prefix, pending: false }]);
    // Again is no error, and deletes nothing more.
    expect(await end(job, map.stage)).toMatchObject({ state: 'ended', reclaimed: { objects: 6 } });
  });

  it('lapses alone when its lease is not renewed; a warning comes before', async () => {
    const node = await controller.joinNode('n1', 1);
    emptying(node, [1]);
    const { job } = await controller.register({ leaseSeconds: 600 });
    const lapsing = await begin(job, { name: 'lapsing', leaseMs: 6000 });
    const renewed = await begin(job, { name: 'renewed', leaseMs: 6000 });
    const events = await watch(job);
    await passTimeWith(node, 4250);
    await vi.waitFor(() => expect(events.filter(({ kind }) => kind === 'stage-warning')).toHaveLength(2));
    await renew(job, renewed.stage);
    await passTimeWith(node, 2000);
    await vi.waitFor(async () =>
      expect(await list(job, true)).toEqual([
        expect.objectContaining({ stage: lapsing.stage, state: 'ended', endReason: 'lease-lapsed' }),
        expect.objectContaining({ stage: renewed.stage, state: 'active' }),
      ]),
    );
    await expect(renew(job, lapsing.stage)).rejects.toMatchObject({
      code: 'gone',
      message: expect.stringContaining('6 s lapsed'),
    });
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
  });

  it('that ends while its node or the controller is away is emptied once they are back', async () => {
    const node = await controller.joinNode('n1', 2);
    const { job } = await controller.register();
    const map = await begin(job);
    node.leave();
    const ended = end(job, map.stage);
    await vi.waitFor(async () => expect((await list(job))[0]?.state).toBe('ending'));
    await controller.passTime(2250);
    expect(await ended).toMatchObject({ state: 'ending', reclaimed: { objects: 0 } });
    await controller.restart();
    expect((await list(job))[0]).toMatchObject({ stage: map.stage, state: 'ending' });
    const again = controller.newNode('n1', 2, { ...node.hello, jobs: [job] });
    emptying(again, [1, 2]);
    await again.join();
    await vi.waitFor(async () => expect((await list(job, true))[0]).toMatchObject({ state: 'ended', reclaimed: { objects: 2 } }));
  });

  it('is restored with a lease that begins anew', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register({ leaseSeconds: 600 });
    const map = await begin(job, { leaseMs: 5000 });
    await controller.passTime(4000);
    await controller.restart(60_000);
    expect((await list(job))[0]).toMatchObject({
      stage: map.stage,
      state: 'active',
      expiresAtMs: controller.now.clock.now() + 5000,
    });
  });

  it('cannot begin where others are or were', async () => {
    const node = await controller.joinNode('n1', 1);
    emptying(node, [1]);
    const { job } = await controller.register();
    const map = await begin(job, { prefix: 'map/' });
    const refused = async (request: BeginStageRequest, code: string, message: string) => {
      await expect(begin(job, request)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    };
    await refused({ prefix: 'map/' }, 'invalid-argument', "shares keys with 'map/' of stage");
    await refused({ prefix: 'm' }, 'invalid-argument', 'shares keys');
    await refused({ prefix: '@persist/x' }, 'invalid-argument', 'namespace');
    await refused({ prefix: 'a\nb' }, 'invalid-argument', 'control character');
    await refused({ prefix: 'x'.repeat(limits.stagePrefixBytes + 1) }, 'invalid-argument', 'limit');
    await refused({ prefix: 'reduce/', parent: map.stage }, 'invalid-argument', "does not begin with 'map/'");
    await refused({ parent: 'nobody' }, 'not-found', 'nobody');
    await refused({ leaseMs: 10 }, 'invalid-argument', '10 ms');
    const part = await begin(job, { prefix: 'map/part/', parent: map.stage });
    await refused({ prefix: 'map/part/x', parent: map.stage }, 'invalid-argument', 'shares keys');
    await end(job, map.stage);
    await refused({ prefix: 'map/part/y' }, 'invalid-argument', 'has ended');
    await refused({ parent: part.stage }, 'gone', 'has ended');
    expect(await begin(job, { prefix: 'mapped/' })).toMatchObject({ state: 'active' });
  });

  it('is one of so many, and so deep', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register();
    let parent = '';
    for (let depth = 1; depth <= limits.stageDepth; depth++) parent = (await begin(job, { parent, name: 's' })).stage;
    await expect(begin(job, { parent })).rejects.toMatchObject({
      message: expect.stringContaining(`limit is ${limits.stageDepth}`),
    });
    const rest = limits.jobStages - limits.stageDepth;
    for (let done = 0; done < rest; done += 50) {
      await Promise.all(Array.from({ length: Math.min(50, rest - done) }, () => begin(job, { name: 'x' })));
    }
    await expect(begin(job)).rejects.toMatchObject({ message: expect.stringContaining(`${limits.jobStages} stages`) });
  });

  it('that has no lease of its own cannot be renewed, and one of a job that is over is over', async () => {
    await controller.joinNode('n1', 1);
    const { job } = await controller.register();
    const { stage } = await begin(job);
    await expect(renew(job, stage)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(renew(job, 'nobody')).rejects.toMatchObject({ code: 'not-found' });
    await controller.endJob(job);
    await expect(renew(job, stage)).rejects.toBeInstanceOf(SatchelError);
    expect(await list(job, true)).toEqual([]);
    expect(controller.now.store.all('stages')).toEqual([]);
  });
});

describe('events of a job', () => {
  it('warn of its lease, and end with it', async () => {
    const node = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ leaseSeconds: 6 });
    const events = await watch(job);
    await passTimeWith(node, 6500);
    await vi.waitFor(() => expect(events.map(({ kind }) => kind)).toEqual(['watching', 'lease-warning', 'ending', 'ended']));
    expect(events[1]?.expiresAtMs).toBe(events[0]?.expiresAtMs);
    expect(events[3]).toMatchObject({ reason: 'lease-lapsed' });
  });
});
