import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Job, Stage, Tier } from '@satchel/client';
import { describe, expect, test } from 'vitest';
import { satchelCommand } from './cluster.js';
import { satchel, useCluster } from './testing/test-cluster.js';

const shared = useCluster({ nodes: 2, shards: 2, functions: false });
const tiers: readonly Tier[] = ['dram', 'ssd', 'object'];

async function fill(job: Job, prefix: string, objects: number): Promise<void> {
  const puts = Array.from({ length: objects }, (_, index) =>
    job.store.put(`${prefix}${index}`, Buffer.alloc(100, 'x'), { tier: tiers[index % 3] ?? 'dram' }),
  );
  await Promise.all(puts);
}

interface ListedStage {
  readonly stage: string;
  readonly state: string;
  readonly endReason: string;
  readonly reclaimed: { readonly objects: number };
}

async function stateOf(job: Job, stage: Stage): Promise<ListedStage | undefined> {
  const line = ['job', 'stage', 'list', job.id, '--ended', '--json', '--controller', shared.cluster.controller];
  const { code, stdout, stderr } = await satchel(line);
  if (code !== 0) throw new Error(stderr);
  const { stages } = JSON.parse(stdout) as { stages: ListedStage[] };
  return stages.find((one) => one.stage === stage.id);
}

describe('a stage', () => {
  test('that lapses takes its prefix with it, on every shard and in every tier, and nothing else', async () => {
    const job = await shared.register({ functions: 100 });
    const map = await job.beginStage('map');
    const lapsing = await job.beginStage('attempt', { parent: map, leaseMs: 3000 });
    const other = await job.beginStage('other', { leaseMs: 3000 });
    for (const prefix of [map.prefix, lapsing.prefix, other.prefix, 'elsewhere/']) await fill(job, prefix, 300);
    lapsing.release();
    await expect
      .poll(() => stateOf(job, lapsing), { timeout: 10_000 })
      .toMatchObject({
        state: 'ended',
        endReason: 'lease-lapsed',
        reclaimed: { objects: 300 },
      });
    expect(await job.store.count(lapsing.prefix)).toBe(0);
    for (const prefix of [map.prefix, other.prefix, 'elsewhere/']) expect(await job.store.count(prefix)).toBe(300);
    // Who has not heard of the end leaves nothing behind, and does not wait for what will not come.
    await expect(job.store.put(`${lapsing.prefix}late`, 'x')).rejects.toMatchObject({ code: 'fenced' });
    await expect(job.store.waitFor(`${lapsing.prefix}late`, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'fenced' });
    // What is above it ends with what is below.
    expect((await map.end()).objects).toBe(300);
    expect(await job.store.count('elsewhere/')).toBe(300);
    expect(await job.store.count(other.prefix)).toBe(300);
  });

  test('ends once in effect, whoever is killed meanwhile', async () => {
    const job = await shared.register({ functions: 100, connect: { unavailableMs: 20_000 } });
    const stage = await job.beginStage('map');
    await fill(job, stage.prefix, 3000);
    await fill(job, 'kept/', 300);
    const [shard] = shared.processes('shard/main.js');
    const [controller] = shared.processes('controller/dist/main.js');
    const kill = () => {
      process.kill(shard?.pid ?? 0, 'SIGKILL');
      process.kill(controller?.pid ?? 0, 'SIGKILL');
    };
    // As soon as the end is written down: the shards are hearing of it.
    const killed = (async () => {
      for await (const { kind } of job.events()) {
        if (kind === 'watching') stage.end().catch(() => undefined);
        if (kind === 'stage-ending') return kill();
      }
    })();
    await killed;
    await expect.poll(() => stateOf(job, stage), { timeout: 30_000 }).toMatchObject({ state: 'ended' });
    // A shard that died says that a key is lost until it knows that it is gone: then the stage would not have ended.
    const values = await Promise.all(Array.from({ length: 3000 }, (_, index) => job.store.get(`${stage.prefix}${index}`)));
    expect(values.filter((value) => value !== undefined)).toEqual([]);
    await expect(job.store.put(`${stage.prefix}0`, 'x')).rejects.toMatchObject({ code: 'fenced' });
  });

  test('ends on shards that had slots before, too', async () => {
    const job = await shared.register({ capacity: '8MiB' });
    const stage = await job.beginStage('map');
    await fill(job, stage.prefix, 600);
    await fill(job, 'kept/', 600);
    const scaled = await satchel([
      'job',
      'scale',
      job.id,
      '--capacity',
      '256MiB',
      '--functions',
      '200',
      '--json',
      '--controller',
      shared.cluster.controller,
    ]);
    expect(JSON.parse(scaled.stdout)).toMatchObject({ slotMap: { epoch: 2 } });
    await stage.end();
    expect(await stateOf(job, stage)).toMatchObject({ state: 'ended' });
    const values = await Promise.all(Array.from({ length: 600 }, (_, index) => job.store.get(`${stage.prefix}${index}`)));
    expect(values.filter((value) => value !== undefined)).toEqual([]);
    expect(await job.store.count('kept/')).toBe(600);
    expect(await job.store.count(stage.prefix)).toBe(0);
  });
});

test('a job that is not renewed warns whoever watches it, and is remembered with what was reclaimed', async () => {
  const job = await shared.register({ name: 'orphan', leaseSeconds: 5 });
  await fill(job, 'left/', 30);
  const [command, args] = satchelCommand('job', 'watch', job.id, '--json', '--controller', shared.cluster.controller);
  const watch = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kinds: string[] = [];
  const watched = (async () => {
    for await (const line of createInterface({ input: watch.stdout })) {
      const { kind } = JSON.parse(line) as { kind: string };
      kinds.push(kind);
      if (kind === 'watching') await job.release();
    }
  })();
  await watched;
  expect(kinds).toEqual(['watching', 'lease-warning', 'ending', 'ended']);
  const { stdout } = await satchel(['job', 'list', '--expired', '--json', '--controller', shared.cluster.controller]);
  const { jobs } = JSON.parse(stdout) as {
    jobs: { job: string; reclaimed: { objects: number; bytes: number }; endedAtMs: number }[];
  };
  expect(jobs.find((one) => one.job === job.id)).toMatchObject({ endReason: 'lease-lapsed', reclaimed: { objects: 30 } });
});
