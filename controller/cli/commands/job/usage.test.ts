import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('prints the receipt so far', async () => {
  controller = await startTestController({ getJob: () => sampleJob });
  const { stdout } = await runCli(`job usage sort-abc --controller ${controller.address}`);
  expect(stdout).toMatch(/dram +1 MiB +1\.00 GiB-hours/);
  expect(stdout).toMatch(/requests +1234/);
});

test('a job that has used nothing has a document too', async () => {
  controller = await startTestController({ getJob: () => ({ ...sampleJob, usage: null }) });
  const { stdout } = await runCli(`job usage sort-abc --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toEqual({ job: 'sort-abc', state: 'active', usage: null });
});
