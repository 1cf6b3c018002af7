import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('ends the job and prints the receipt in dollars and bytes', async () => {
  controller = await startTestController({ endJob: () => ({ usage: sampleJob.usage }) });
  const { code, stdout } = await runCli(`job end sort-abc --controller ${controller.address}`);
  expect(code).toBe(0);
  expect(controller.requests).toEqual([{ method: 'endJob', request: { job: 'sort-abc' } }]);
  expect(stdout).toContain('job sort-abc has ended');
  expect(stdout).toMatch(/price +\$0\.00012/);
  expect(stdout).toMatch(/bytes in +5 MiB/);
});

test('the document has plain numbers', async () => {
  controller = await startTestController({ endJob: () => ({ usage: sampleJob.usage }) });
  const { stdout } = await runCli(`job end sort-abc --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toMatchObject({ job: 'sort-abc', usage: { bytesIn: 5 * 2 ** 20, dollars: 0.000123 } });
});
