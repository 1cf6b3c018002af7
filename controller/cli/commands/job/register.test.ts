import { SatchelError } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { runCli, TestProcess } from '../../testing/run-cli.js';
import { sampleAllocation, startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const registered = {
  job: 'sort-abc',
  token: 'a.b.c',
  url: 'redis://sort-abc:a.b.c@127.0.0.1:7500',
  leaseSeconds: 90,
  allocation: sampleAllocation,
  slotMap: { epoch: 1 },
};

test('sends the hints in bytes and seconds, and prints job, url, token, lease and allocation as one document', async () => {
  controller = await startTestController({ registerJob: () => registered });
  const line = `job register sort --capacity 10GiB --throughput 1GiB/s --functions 100 --latency-sensitive --evict lru --replicas 1 --lease 90s --namespace acme --json --controller ${controller.address}`;
  const { code, stdout, stderr } = await runCli(line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(controller.requests[0]?.request).toMatchObject({
    name: 'sort',
    namespace: 'acme',
    leaseSeconds: 90,
    hints: {
      capacityBytes: 10 * 2 ** 30,
      throughputBytesPerSecond: 2 ** 30,
      functions: 100,
      latencySensitive: true,
      evict: 'lru',
      replicas: 1,
    },
  });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual({
    job: registered.job,
    token: registered.token,
    url: registered.url,
    leaseSeconds: 90,
    allocation: sampleAllocation,
    reasons: [],
  });
});

test('leaves hints that were not given unset, and finds the controller in the environment', async () => {
  controller = await startTestController({ registerJob: () => registered });
  const { stdout } = await runCli('job register sort', new TestProcess({ SATCHEL_CONTROLLER: controller.address }));
  expect(controller.requests[0]?.request).toMatchObject({ hints: {}, leaseSeconds: 0, namespace: '' });
  expect(controller.requests[0]?.request).toHaveProperty('hints', {});
  expect(stdout).toContain('redis://sort-abc:a.b.c@127.0.0.1:7500');
  expect(stdout).toContain('3 GiB');
  expect(stdout).toContain('$0.01');
});

test('a refusal is one line on stderr and exit code 1', async () => {
  controller = await startTestController({
    registerJob: () => {
      throw new SatchelError('quota-exceeded', 'the fleet is full:\n all of it');
    },
  });
  const result = await runCli(['job', 'register', 'sort', '--json', '--controller', controller.address]);
  expect(result).toEqual({ code: 1, stdout: '', stderr: 'satchel: the fleet is full: all of it\n' });
});

test('a controller that is not there is named', async () => {
  const result = await runCli('job register sort --controller 127.0.0.1:1');
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^satchel: .*127\.0\.0\.1:1 .*\n$/);
});
