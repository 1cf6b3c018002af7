import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleNode, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('lists nodes with their shards and memory', async () => {
  controller = await startTestController({ listNodes: () => ({ nodes: [sampleNode] }) });
  const { stdout } = await runCli(`node list --controller ${controller.address}`);
  expect(stdout.split('\n')[1]).toMatch(/^node-1 +up +127\.0\.0\.1 +7500 +1 MiB +1 GiB +0 B +8 GiB +1 +0\.50$/);
});

test('the document has the nodes', async () => {
  controller = await startTestController({ listNodes: () => ({ nodes: [sampleNode] }) });
  const { stdout } = await runCli(`--json node list --controller ${controller.address}`);
  expect(JSON.parse(stdout).nodes[0]).toMatchObject({ node: 'node-1', dramBytes: 2 ** 30 });
});
