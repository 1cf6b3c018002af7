import { afterEach, expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.js';
import { sampleAllocation, sampleJob, startTestController, type TestController } from '../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('prints what would be given, and why', async () => {
  controller = await startTestController({ planJob: () => ({ allocation: sampleAllocation, reasons: sampleJob.reasons }) });
  const { stdout } = await runCli(`plan --capacity 3GiB --name sort --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toMatchObject({ name: 'sort', hints: { capacityBytes: 3 * 2 ** 30 } });
  expect(stdout).toContain('$0.01 per hour');
  expect(stdout).toMatch(/capacity +3 GiB +the hint says so/);
});

test('the document has allocation and reasons', async () => {
  controller = await startTestController({ planJob: () => ({ allocation: sampleAllocation, reasons: sampleJob.reasons }) });
  const { stdout } = await runCli(`plan --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toEqual({ allocation: sampleAllocation, reasons: sampleJob.reasons });
});
