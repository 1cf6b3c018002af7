import { noUsage } from '@satchel/proto/core';
import { describe, expect, it, vi } from 'vitest';
import { defaultPriceSheet } from '../sizing/price-sheet-file.js';
import { useController } from '../testing/use-controller.js';
import { receiptOf } from './receipt.js';

const GiBHour = 2 ** 30 * 3600;

describe('a receipt', () => {
  it('charges GiB-hours of each tier and requests to the object store, and says of which dates the prices are', () => {
    const usage = { ...noUsage, dramByteSeconds: 2 * GiBHour, ssdByteSeconds: GiBHour, objectRequests: 1000, bytesIn: 5 };
    const { lines, dollars, prices } = receiptOf(usage, defaultPriceSheet());
    expect(lines.map(({ item, quantity, unit }) => [item, quantity, unit])).toEqual([
      ['dram', 2, 'GiB-hours'],
      ['ssd', 1, 'GiB-hours'],
      ['object', 0, 'GiB-hours'],
      ['object-requests', 1000, 'requests'],
    ]);
    for (const line of lines) expect(line.dollars).toBe(line.quantity * line.dollarsPerUnit);
    expect(dollars).toBeCloseTo(
      lines.reduce((sum, line) => sum + line.dollars, 0),
      15,
    );
    expect(dollars).toBeGreaterThan(1000 * 5e-6);
    expect(prices).toMatch(/^prices of \d{4}-\d{2}-\d{2} \(.+\)/);
  });
});

describe('receipts by the control API', () => {
  const controller = useController();
  const call = () => controller.now.channel;
  const receipt = (request: { job?: string; namespace?: string; month?: string }) =>
    call().call(call().jobs, call().jobs.getReceipt, request);

  it('are those of a job, also when it is over, and of its namespace', async () => {
    const node = await controller.joinNode('n1', 1);
    const { job } = await controller.register({ namespace: 'acme' });
    const other = await controller.register({ namespace: 'acme' });
    const use = (bytesIn: number, of: string) => ({ job: of, shard: 1, incarnation: 1, usage: { bytesIn, requests: 1 } });
    node.send({ heartbeat: { atMs: 1000, jobs: [] } });
    node.send({ heartbeat: { atMs: 2000, jobs: [use(10, job), use(5, other.job)] } });
    await vi.waitFor(async () => expect((await receipt({ job })).usage?.bytesIn).toBe(10));
    node.finalUsage = { bytesIn: 12, requests: 2 };
    await controller.endJob(job);
    expect(await receipt({ job })).toMatchObject({ job, namespace: 'acme', usage: { bytesIn: 12 }, peakBytesPerSecond: 10 });
    const month = new Date(controller.now.clock.now()).toISOString().slice(0, 7);
    expect(await receipt({ namespace: 'acme' })).toMatchObject({ months: [month], usage: { bytesIn: 17, requests: 3 } });
    expect((await receipt({ namespace: 'acme', month: '2001-01' })).usage).toMatchObject({ bytesIn: 0 });
  });

  it('are of one of job and namespace', async () => {
    await expect(receipt({})).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(receipt({ job: 'a', namespace: 'b' })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(receipt({ job: 'nope' })).rejects.toMatchObject({ code: 'no-job' });
    await expect(receipt({ namespace: 'a', month: 'July' })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('jobs whose lease lapsed', () => {
  const controller = useController();

  it('are listed apart, with when and what was reclaimed', async () => {
    const node = await controller.joinNode('n1', 1);
    const lapsing = await controller.register({ leaseSeconds: 5 });
    const ended = await controller.register();
    const usage = { objects: 3, dram: { bytes: 300 } };
    node.send({ heartbeat: { jobs: [{ job: lapsing.job, shard: 1, incarnation: 1, usage }] } });
    await vi.waitFor(async () => expect((await controller.getJob(lapsing.job)).usage?.objects).toBe(3));
    await controller.endJob(ended.job);
    for (let second = 0; second < 6; second++) {
      node.send({ heartbeat: { atMs: second } });
      await controller.passTime(1000);
    }
    const { channel } = controller.now;
    const list = async () => (await channel.call(channel.jobs, channel.jobs.listJobs, { expired: true })).jobs;
    await vi.waitFor(async () => expect(await list()).toHaveLength(1));
    const [job] = await list();
    expect(job).toMatchObject({ job: lapsing.job, endReason: 'lease-lapsed', reclaimed: { objects: 3, bytes: 300 } });
    expect(job?.endedAtMs).toBeGreaterThan(0);
  });
});
