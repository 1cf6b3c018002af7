import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const receipt = {
  namespace: 'acme',
  usage: sampleJob.usage ?? null,
  lines: [{ item: 'dram', quantity: 2, unit: 'GiB-hours', dollarsPerUnit: 0.005, dollars: 0.01 }],
  dollars: 0.01,
  prices: 'prices of 2026-07-20',
  months: ['2026-10', '2026-11'],
};

test('prints what all jobs of a namespace used in a month', async () => {
  controller = await startTestController({ getReceipt: () => receipt });
  const { stdout } = await runCli(`namespace usage acme --month 2026-11 --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toMatchObject({ namespace: 'acme', job: '', month: '2026-11' });
  expect(stdout).toMatch(/requests +1234/);
  expect(stdout).toMatch(/months with use: 2026-10, 2026-11\n$/);
});

test('as one document', async () => {
  controller = await startTestController({ getReceipt: () => receipt });
  const { stdout } = await runCli(`namespace usage acme --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toMatchObject({ namespace: 'acme', dollars: 0.01, months: receipt.months });
});

test('a month that is none is wrong usage', async () => {
  expect((await runCli('namespace usage acme --month 2026-13')).code).toBe(2);
});
