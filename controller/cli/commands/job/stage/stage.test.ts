import type { Stage } from '@satchel/proto/gen';
import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../../testing/run-cli.js';
import { startTestController, type TestController } from '../../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const stage: Stage = {
  job: 'sort-abc',
  stage: 'map-xyz',
  name: 'map',
  prefix: 'map-xyz/',
  leaseMs: 5000,
  state: 'active',
  expiresAtMs: 4_000_000_000_000,
};

test('a stage begins with its lease, parent and prefix as told', async () => {
  controller = await startTestController({ beginStage: () => stage });
  const line = `job stage begin sort-abc map --lease 5s --parent all-1 --prefix all-1/map/ --json --controller ${controller.address}`;
  const { code, stdout } = await runCli(line);
  expect(code).toBe(0);
  const request = { job: 'sort-abc', name: 'map', leaseMs: 5000, parent: 'all-1', prefix: 'all-1/map/' };
  expect(controller.requests).toEqual([{ method: 'beginStage', request }]);
  expect(JSON.parse(stdout)).toMatchObject(stage);
});

test('it is renewed, and ended with what was reclaimed', async () => {
  const ended = { ...stage, state: 'ended', endReason: 'ended', reclaimed: { objects: 3, bytes: 4096 } };
  controller = await startTestController({ renewStage: () => stage, endStage: () => ended });
  const renewed = await runCli(`job stage renew sort-abc map-xyz --controller ${controller.address}`);
  expect(renewed.stdout).toMatch(/lease +.* left/);
  const { stdout } = await runCli(`job stage end sort-abc map-xyz --controller ${controller.address}`);
  expect(stdout).toMatch(/state +ended\nlease +ended\nreclaimed +3 objects, 4 KiB\n/);
  expect(controller.requests.map(({ request }) => request)).toEqual(Array(2).fill({ job: 'sort-abc', stage: 'map-xyz' }));
});

test('stages are listed', async () => {
  const child = { ...stage, stage: 'part-1', parent: 'map-xyz', leaseMs: 0, expiresAtMs: 0 };
  controller = await startTestController({ listStages: () => ({ stages: [stage, child] }) });
  const { stdout } = await runCli(`job stage list sort-abc --ended --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toEqual({ job: 'sort-abc', ended: true });
  expect(stdout).toMatch(/^STAGE +STATE +LEASE +PREFIX +PARENT +RECLAIMED\n/);
  expect(stdout).toMatch(/part-1 +active +its parent's +map-xyz\/ +map-xyz +-/);
});
