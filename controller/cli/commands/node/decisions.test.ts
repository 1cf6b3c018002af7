import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const decision = {
  sequence: 7,
  atMs: 1_700_000_000_000,
  kind: 'drain',
  subject: 'node-3',
  figures: [{ name: 'dramPart', value: 0.21 }],
  because: 'dram 21 % taken',
};

test('lists decisions with their time and why', async () => {
  controller = await startTestController({ listDecisions: () => ({ decisions: [decision] }) });
  const { stdout } = await runCli(`node decisions --controller ${controller.address}`);
  expect(stdout.split('\n')[1]).toBe('2023-11-14T22:13:20.000Z  drain     node-3  dram 21 % taken');
  expect(controller.requests[0]?.request).toEqual({ subject: '', limit: 50 });
});

test('of one subject, as a document with the figures', async () => {
  controller = await startTestController({ listDecisions: () => ({ decisions: [decision] }) });
  const { stdout } = await runCli(`node decisions node-3 --limit 2 --json --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toEqual({ subject: 'node-3', limit: 2 });
  expect(JSON.parse(stdout)).toEqual({ decisions: [decision] });
});
