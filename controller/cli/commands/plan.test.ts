import { afterEach, expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.js';
import { sampleAllocation, sampleJob, startTestController, type TestController } from '../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

test('prints what would be given, and why', async () => {
  controller = await startTestController({ planJob: () => ({ allocation: sampleAllocation, reasons: sampleJob.reasons }) });
  const { stdout } = await runCli(`plan --capacity 3GiB --name sort --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toMatchObject({ name: 'sort', hints: { capacityBytes: 3 * 2 ** 30 } });
  expect(stdout).toContain('$0.01 per hour');
  expect(stdout).toMatch(/capacity +3 GiB +the hint says so/);
});

const alternative = {
  ...{ dramBytes: 0, ssdBytes: 0, objectBytes: 0, requestDollarsPerHour: 0, dollarsPerJob: 0.002, chosen: false },
  ...{ latencyMs: 0.25, misses: [], short: [], bottleneck: 'capacity', because: 'ssd decides' },
};
const alternatives = [
  { ...alternative, name: 'ssd', ssdBytes: 3 * 2 ** 30, dollarsPerHour: 0.001, chosen: true },
  {
    ...alternative,
    ...{
      name: 'object (S3 Standard)',
      objectBytes: 3 * 2 ** 30,
      dollarsPerHour: 2.5,
      requestDollarsPerHour: 2.25,
      latencyMs: 27.05,
    },
    ...{ bottleneck: 'requests', misses: ['requests: too many'], short: ['ssd: 1 GiB of 3 GiB free'] },
  },
];
const plan = { allocation: sampleAllocation, reasons: sampleJob.reasons, alternatives, dollarsPerJob: 0.002 };

test('prints what else was considered, what it costs and misses, and what it meets first', async () => {
  controller = await startTestController({ planJob: () => plan });
  const { stdout } = await runCli(`plan --capacity 3GiB --lifetime 2h --controller ${controller.address}`);
  expect(stdout).toMatch(/→ +ssd +- +3 GiB +- +\$0\.0010 +- +\$0\.0020 +0\.25 ms +capacity +-/);
  expect(stdout).toMatch(
    /object \(S3 Standard\).*\$2\.50 +\$2\.25 .* 27 ms +requests +requests: too many; now ssd: 1 GiB of 3 GiB free/,
  );
  expect(stdout).toMatch(/for its lifetime +\$0\.0020/);
});

test('sends every hint in the units of the control API', async () => {
  controller = await startTestController({ planJob: () => plan });
  const hints =
    '--no-latency-sensitive --requests 5k/s --value-size 64KiB --lifetime 10m --throughput 1GiB/s --functions 9 --evict lru';
  await runCli(`plan --capacity 3GiB ${hints} --controller ${controller.address}`);
  expect(controller.requests[0]?.request).toMatchObject({
    hints: {
      ...{ capacityBytes: 3 * 2 ** 30, latencySensitive: false, requestsPerSecond: 5000, valueBytes: 65_536 },
      ...{ lifetimeSeconds: 600, throughputBytesPerSecond: 2 ** 30, functions: 9, evict: 'lru' },
    },
  });
});

test.each([
  ['--requests many', "'many' is not a rate such as 5000/s"],
  ['--value-size 0', "'0' is not above 0"],
  ['--lifetime soon', "'soon' is not a duration"],
  ['--capacity 10Gib', "'10Gib' is not a size such as 64MiB"],
  ['--replicas 3', 'does not replicate yet; leave it at 1'],
])('refuses %s as wrong usage, saying what may be given', async (option, message) => {
  const { stderr, code } = await runCli(`plan ${option} --controller 127.0.0.1:1`);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('the document has allocation, reasons and alternatives', async () => {
  controller = await startTestController({ planJob: () => plan });
  const { stdout } = await runCli(`plan --json --controller ${controller.address}`);
  expect(JSON.parse(stdout)).toEqual(plan);
});
