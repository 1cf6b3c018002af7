import { describe, expect, it } from 'vitest';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const controller = useController();

type Reasons = readonly { field: string; value: string; because: string }[];
const reason = (reasons: Reasons | undefined, field: string) => reasons?.find((one) => one.field === field);

function plan(request: object = {}) {
  const { channel } = controller.now;
  return channel.call(channel.jobs, channel.jobs.planJob, { name: 'sort', ...request });
}

/** One run that takes 2 s and uses so much. */
async function run(peakBytes: number, name = 'sort'): Promise<void> {
  const { job } = await controller.register({ name });
  await controller.passTime(2000);
  const { usage } = await controller.endJob(job);
  expect(usage?.peakBytes).toBe(peakBytes);
}

describe('a name that was seen before', () => {
  it('is sized from its recorded peaks, which is said; hints win; the record survives a restart', async () => {
    const node = await controller.joinNode('n1');
    node.finalUsage = { peakBytes: 80 * MiB, bytesIn: 50 * MiB, bytesOut: 50 * MiB, requests: 1000 };
    expect((await plan()).allocation).toMatchObject({ dramBytes: 0 });
    await run(80 * MiB);
    await controller.restart();
    await controller.joinNode('n1');
    const planned = await plan();
    expect(planned.allocation).toMatchObject({ dramBytes: 100 * MiB, quotaBytes: 0 });
    expect(planned.allocation?.throughputBytesPerSecond).toBeCloseTo(62.5 * MiB, -3);
    expect(reason(planned.reasons, 'capacity')?.because).toBe('recorded: 1.25 × the middle of the last run of this name');
    expect(planned.dollarsPerJob).toBeGreaterThan(0);
    const hinted = await plan({ hints: { capacityBytes: 7 * MiB } });
    expect(hinted.allocation).toMatchObject({ dramBytes: 7 * MiB, quotaBytes: 7 * MiB });
    expect(reason(hinted.reasons, 'capacity')?.because).toBe('hint capacity');
  });

  it('reserves what was recorded when it is registered, and show says so', async () => {
    const node = await controller.joinNode('n1');
    node.finalUsage = { peakBytes: 80 * MiB, bytesIn: MiB, requests: 10 };
    await run(80 * MiB);
    const { job } = await controller.register();
    expect((await controller.listNodes())[0]).toMatchObject({ dramAllocatedBytes: 100 * MiB });
    expect(reason((await controller.getJob(job)).reasons, 'capacity')?.because).toContain('recorded');
  });

  it('is another one in another namespace, and none without a name', async () => {
    const node = await controller.joinNode('n1');
    node.finalUsage = { peakBytes: 80 * MiB, bytesIn: MiB, requests: 10 };
    await run(80 * MiB);
    await run(80 * MiB, '');
    expect((await plan({ namespace: 'other' })).allocation).toMatchObject({ dramBytes: 0 });
    expect((await plan({ name: '' })).allocation).toMatchObject({ dramBytes: 0 });
  });
});

describe('a plan', () => {
  it('has the alternatives considered, cheapest first, with the chosen one marked', async () => {
    await controller.joinNode('n1');
    const hints = { capacityBytes: 100 * GiB, latencySensitive: false, throughputBytesPerSecond: MiB, lifetimeSeconds: 3600 };
    const { alternatives, dollarsPerJob, allocation } = await plan({ hints });
    expect(alternatives.filter(({ chosen }) => chosen)).toHaveLength(1);
    const prices = alternatives.map(({ dollarsPerHour }) => dollarsPerHour);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    for (const one of alternatives) {
      expect(one.dramBytes + one.ssdBytes + one.objectBytes).toBe(100 * GiB);
      expect(one.dollarsPerJob).toBeCloseTo(one.dollarsPerHour, 9);
      expect(one.bottleneck).not.toBe('');
    }
    expect(alternatives.find(({ name }) => name === 'dram')?.short[0]).toMatch(/^dram: .* of 100 GiB free$/);
    expect(dollarsPerJob).toBeCloseTo(allocation?.dollarsPerHour ?? 0, 9);
  });

  it('has none for a job of which nothing is known', async () => {
    await controller.joinNode('n1');
    expect((await plan()).alternatives).toEqual([]);
  });

  it('refuses hints that make no sense, with what may be given', async () => {
    await controller.joinNode('n1');
    await expect(plan({ hints: { lifetimeSeconds: -1 } })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'hint lifetimeSeconds: -1 was given; give a duration above 0 and at most 366 days, such as 30s, 10m or 2h',
    });
    await expect(plan({ hints: { valueBytes: 0 } })).rejects.toThrow('hint valueSize: 0 was given');
  });
});

describe('what is reserved', () => {
  it('is told to the node with the job, in all and by job, and again when the job ends', async () => {
    const node = await controller.joinNode('n1', 1);
    const first = await controller.register({ hints: { capacityBytes: 64 * MiB } });
    const second = await controller.register({ hints: { capacityBytes: 8 * MiB, latencySensitive: false } });
    const told = (job: string) => node.saw(({ configure }) => configure?.jobs.some((one) => one.job === job));
    const { configure } = await told(second.job);
    expect(configure?.reserved).toMatchObject([{ dramBytes: 64 * MiB, ssdBytes: 8 * MiB }]);
    expect(configure?.jobs.find(({ job }) => job === second.job)?.reserved).toMatchObject([{ dramBytes: 0, ssdBytes: 8 * MiB }]);
    await controller.endJob(first.job);
    const { end } = await node.saw(({ end }) => end?.job === first.job);
    expect(end?.reserved).toMatchObject([{ dramBytes: 0, ssdBytes: 8 * MiB }]);
  });
});
