import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleNode, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('says that the node named is gone, and whether what it held is lost', async () => {
  controller = await startTestController({ removeNode: () => ({ ...sampleNode, state: 'lost' }) });
  const { code, stdout } = await runCli(`node remove node-1 --lost --json --controller ${controller.address}`);
  expect(code).toBe(0);
  expect(controller.requests[0]?.request).toEqual({ node: 'node-1', lost: true });
  expect(JSON.parse(stdout)).toMatchObject({ node: 'node-1', state: 'lost' });
});
