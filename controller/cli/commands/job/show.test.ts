import { SatchelError } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('shows lease, allocation with reasons, and what was used', async () => {
  controller = await startTestController({ getJob: () => sampleJob });
  const { code, stdout } = await runCli(`job show sort-abc --controller ${controller.address}`);
  expect(code).toBe(0);
  for (const text of ['sort-abc', 'dram → ssd', 'node-1/7 (16384 slots)', 'the hint says so', '$0.00012', '1.00 GiB-hours']) {
    expect(stdout).toContain(text);
  }
});

test('shows whose slots are whose, what has yet to move and what the job is short of', async () => {
  const job = {
    ...sampleJob,
    slotMap: {
      job: 'sort-abc',
      epoch: 3,
      ranges: [
        { start: 0, shard: 7 },
        { start: 4096, shard: 9 },
      ],
    },
    previous: [
      { start: 4096, end: 16_384, shard: 7, epoch: 2 },
      { start: 4096, end: 8192, shard: 4, epoch: 3, lost: true },
    ],
    deficit: { shards: 2, bytes: 2 ** 30, throughputBytesPerSecond: 0 },
  };
  controller = await startTestController({ getJob: () => job });
  const { stdout } = await runCli(`job show sort-abc --controller ${controller.address}`);
  for (const text of [
    'node-1/7',
    '4096 (25.0 %)',
    '0-4095',
    '4096-16383',
    'what was not written since is lost',
    '2 shards, 1 GiB in',
  ]) {
    expect(stdout).toContain(text);
  }
});

test('the document has the slot map with addresses', async () => {
  controller = await startTestController({ getJob: () => sampleJob });
  const { stdout } = await runCli(`job show sort-abc --json --controller ${controller.address}`);
  expect(JSON.parse(stdout).slotMap).toMatchObject({ epoch: 1, shards: [{ shard: 7, endpointPort: 7500 }] });
});

test('an unknown job is exit code 1', async () => {
  controller = await startTestController({
    getJob: () => {
      throw new SatchelError('no-job', 'there is no job nope');
    },
  });
  const result = await runCli(`job show nope --controller ${controller.address}`);
  expect(result).toEqual({ code: 1, stdout: '', stderr: 'satchel: there is no job nope\n' });
});
