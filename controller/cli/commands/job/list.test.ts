import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('lists jobs as a table for people', async () => {
  controller = await startTestController({ listJobs: () => ({ jobs: [sampleJob] }) });
  const { code, stdout } = await runCli(`job list --controller ${controller.address}`);
  expect(code).toBe(0);
  const [head, row] = stdout.split('\n');
  expect(head).toMatch(/^JOB +NAMESPACE +STATE +LEASE +QUOTA +BYTES +OBJECTS$/);
  expect(row).toMatch(/^sort-abc +default +active +.* left +3 GiB +1 MiB +3$/);
});

test('lists jobs as one document, with plain numbers and only the hints that are set', async () => {
  controller = await startTestController({ listJobs: () => ({ jobs: [sampleJob] }) });
  const { stdout } = await runCli(`job list --ended --namespace acme --json --controller ${controller.address}`);
  const { jobs } = JSON.parse(stdout);
  expect(jobs[0]).toMatchObject({ job: 'sort-abc', state: 'active', allocation: { quotaBytes: 3 * 2 ** 30 } });
  expect(jobs[0].hints).toEqual({ capacityBytes: 3 * 2 ** 30, functions: 8 });
  expect(controller.requests[0]?.request).toEqual({ namespace: 'acme', ended: true, expired: false });
});

test('says so when there are none', async () => {
  controller = await startTestController({ listJobs: () => ({ jobs: [] }) });
  expect((await runCli(`job list --controller ${controller.address}`)).stdout).toBe('no jobs\n');
});

test('lists jobs whose lease lapsed with what was reclaimed', async () => {
  const lapsed = {
    ...sampleJob,
    state: 'ended',
    endReason: 'lease-lapsed',
    endedAtMs: 1_700_000_000_000,
    reclaimed: { objects: 12, bytes: 2048 },
  };
  controller = await startTestController({ listJobs: () => ({ jobs: [lapsed] }) });
  const { stdout } = await runCli(`job list --expired --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toMatchObject({ expired: true });
  expect(stdout).toMatch(/sort-abc +default +ended +2023-11-14T22:13:20.000Z +12 objects, 2 KiB/);
  const json = await runCli(`job list --expired --json --controller ${controller.address}`);
  expect(JSON.parse(json.stdout).jobs[0]).toMatchObject({
    endedAtMs: 1_700_000_000_000,
    reclaimed: { objects: 12, bytes: 2048 },
  });
});
