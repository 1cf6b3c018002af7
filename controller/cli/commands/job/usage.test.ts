import type { Receipt } from '@satchel/proto/gen';
import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const receipt: Receipt = {
  job: 'sort-abc',
  namespace: 'default',
  lines: [
    { item: 'dram', quantity: 2, unit: 'GiB-hours', dollarsPerUnit: 0.005, dollars: 0.01 },
    { item: 'object-requests', quantity: 1000, unit: 'requests', dollarsPerUnit: 0.000005, dollars: 0.005 },
  ],
  dollars: 0.015,
  prices: 'prices of 2026-07-20 (a list)',
  peakBytesPerSecond: 2 ** 20,
  peakRequestsPerSecond: 1500.4,
};

test('prints the receipt so far, with the prices it goes by', async () => {
  controller = await startTestController({ getJob: () => sampleJob, getReceipt: () => receipt });
  const { stdout } = await runCli(`job usage sort-abc --controller ${controller.address}`);
  expect(stdout).toMatch(/dram +1 MiB +1\.00 GiB-hours/);
  expect(stdout).toMatch(/requests +1234/);
  expect(stdout).toMatch(/peak bytes\/s +1 MiB\npeak requests\/s +1500\n/);
  expect(stdout).toMatch(/dram +2\.00 +GiB-hours +\$0\.0050 +\$0\.01\n/);
  expect(stdout).toMatch(/sum +\$0\.01\n\nprices of 2026-07-20 \(a list\)\n$/);
});

test('a job that has used nothing has a document too', async () => {
  controller = await startTestController({ getJob: () => ({ ...sampleJob, usage: null }), getReceipt: () => receipt });
  const { stdout } = await runCli(`job usage sort-abc --json --controller ${controller.address}`);
  const { job: _, ...charges } = receipt;
  expect(JSON.parse(stdout)).toEqual({ job: 'sort-abc', state: 'active', usage: null, ...charges });
});
