import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('sends only the hints given and prints the job as it is now', async () => {
  controller = await startTestController({ scaleJob: () => sampleJob });
  const { code, stdout } = await runCli(`job scale sort-abc --capacity 20GiB --json --controller ${controller.address}`);
  expect(code).toBe(0);
  const request = controller.requests[0]?.request as { job: string; hints: object };
  expect(request.job).toBe('sort-abc');
  expect(Object.keys(request.hints).filter((name) => !name.startsWith('_'))).toEqual(['capacityBytes']);
  expect(JSON.parse(stdout).job).toBe('sort-abc');
});

test('without a hint there is nothing to change: wrong usage', async () => {
  const { code, stderr } = await runCli('job scale sort-abc');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('at least one hint') });
});
