import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const renewed = { leaseSeconds: 60, expiresAtMs: 1_700_000_060_000, token: 'fresh' };

test('prints the fresh token and the URL it makes', async () => {
  controller = await startTestController({ renewJob: () => renewed, getJob: () => sampleJob });
  const { stdout } = await runCli(`job renew sort-abc --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toEqual({ job: 'sort-abc', ...renewed, url: 'redis://sort-abc:fresh@127.0.0.1:7500' });
});

test('the URL names a shard that is up', async () => {
  const down = { shard: 1, host: '127.0.0.1', endpointPort: 7400, state: 'down' };
  const shards = [down, ...(sampleJob.slotMap?.shards ?? [])];
  controller = await startTestController({ renewJob: () => renewed, getJob: () => ({ ...sampleJob, slotMap: { shards } }) });
  const { stdout } = await runCli(`job renew sort-abc --controller ${controller.address}`);
  expect(stdout).toContain('redis://sort-abc:fresh@127.0.0.1:7500');
});

test('a job without shards has no URL, which is said', async () => {
  controller = await startTestController({ renewJob: () => renewed, getJob: () => ({ ...sampleJob, slotMap: null }) });
  const { code, stderr } = await runCli(`job renew sort-abc --controller ${controller.address}`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no shard that is up') });
});
