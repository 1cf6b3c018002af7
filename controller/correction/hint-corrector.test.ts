import { expect, it } from 'vitest';
import { runCli } from '../cli/testing/run-cli.js';
import { useController } from '../testing/use-controller.js';

const MiB = 2 ** 20;
const controller = useController();

/** What a node reports of a job it holds alone. */
const usage = (heldBytes: number, movedBytes = 0, peakBytes = heldBytes) => ({
  dram: { bytes: heldBytes, byteSeconds: 0 },
  bytesIn: movedBytes,
  requests: 1,
  peakBytes,
});

async function decisions(subject: string) {
  const { channel } = controller.now;
  return (await channel.call(channel.fleet, channel.fleet.listDecisions, { subject })).decisions;
}

/** A node that reports a job's use every second while time passes. */
async function watch(
  node: Awaited<ReturnType<typeof controller.joinNode>>,
  job: string,
  shard: number,
  seconds: number,
  of: (second: number) => ReturnType<typeof usage>,
): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const atMs = controller.now.clock.now();
    node.send({ heartbeat: { atMs, node: {}, jobs: [{ job, shard, incarnation: 1, usage: of(second) }] } });
    await new Promise((resolve) => setTimeout(resolve, 1));
    await controller.passTime(1000);
  }
}

it('reserves less for a job that uses far less than it said; its quota stays, and job show says why', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600, hints: { capacityBytes: 400 * MiB } });
  await watch(node, job, 1, 310, () => usage(40 * MiB));
  const shown = await controller.getJob(job);
  expect(shown.allocation).toMatchObject({ quotaBytes: 400 * MiB, dramBytes: 200 * MiB });
  expect(shown.reasons.find(({ field }) => field === 'capacity')).toMatchObject({
    value: '200 MiB',
    because: expect.stringMatching(
      /^corrected: capacity: at most 40 MiB used of 400 MiB reserved in 30\d s; before, 400 MiB: hint capacity$/,
    ),
  });
  const [decision] = await decisions(job);
  expect(decision).toMatchObject({ kind: 'correct', because: expect.stringContaining('at most 40 MiB used') });
  expect(decision?.figures).toContainEqual({ name: 'capacityPeakBytes', value: 40 * MiB });
});

it('gives it back at once when it is used after all, and no more than the quota', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600, hints: { capacityBytes: 400 * MiB } });
  await watch(node, job, 1, 310, () => usage(40 * MiB));
  await watch(node, job, 1, 30, () => usage(390 * MiB));
  expect((await controller.getJob(job)).allocation).toMatchObject({ quotaBytes: 400 * MiB, dramBytes: 400 * MiB });
  const both = await decisions(job);
  expect(both.map(({ kind }) => kind)).toEqual(['correct', 'correct']);
  for (const [index, corrected] of [400 * MiB, 200 * MiB].entries()) {
    expect(both[index]?.figures).toContainEqual({ name: 'capacityCorrectedBytes', value: corrected });
  }
  await controller.restart();
  const { stdout } = await runCli(`node decisions ${job} --json --controller ${controller.now.address}`);
  expect(JSON.parse(stdout).decisions).toEqual(both);
});

it('reserves more throughput for a job that needs more than it said', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600, hints: { throughputBytesPerSecond: 50 * MiB } });
  await watch(node, job, 1, 30, (second) => usage(MiB, second * 80 * MiB));
  expect((await controller.getJob(job)).allocation?.throughputBytesPerSecond).toBe(100 * MiB);
});

it('new hints are taken as they are said', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600, hints: { capacityBytes: 400 * MiB } });
  await watch(node, job, 1, 310, () => usage(40 * MiB));
  const { channel } = controller.now;
  await channel.call(channel.jobs, channel.jobs.scaleJob, { job, hints: { capacityBytes: 300 * MiB } });
  expect((await controller.getJob(job)).allocation).toMatchObject({ quotaBytes: 300 * MiB, dramBytes: 300 * MiB });
});

it('a job without hints that has room is left alone', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600 });
  await watch(node, job, 1, 310, () => usage(MiB));
  expect(await decisions(job)).toEqual([]);
});

it('a job without hints gets more shards once it spills, and still reserves nothing', async () => {
  const node = await controller.joinNode('n1', 8);
  const { job } = await controller.register({ leaseSeconds: 3600 });
  expect((await controller.getJob(job)).allocation?.shares).toHaveLength(2);
  const spilling = { ...usage(100 * MiB), ssd: { bytes: 50 * MiB, byteSeconds: 0 } };
  await watch(node, job, 1, 15, () => spilling);
  const after = await controller.getJob(job);
  expect(after.allocation?.shares).toHaveLength(4);
  expect(after.allocation).toMatchObject({ dramBytes: 0 });
  expect(await decisions(job)).toEqual([expect.objectContaining({ kind: 'correct' })]);
});
