import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleNode, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('gives the node named new slots again and prints it', async () => {
  controller = await startTestController({ undrainNode: () => sampleNode });
  const { code, stdout } = await runCli(`node undrain node-1 --json --controller ${controller.address}`);
  expect(code).toBe(0);
  expect(controller.requests[0]?.request).toEqual({ node: 'node-1' });
  expect(JSON.parse(stdout)).toMatchObject({ node: 'node-1', state: 'up' });
});
