import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { sampleJob, startTestController, type TestController } from '../../testing/test-controller.js';
import { startTestFunctions, type TestFunctions } from '../../testing/test-functions.js';

let functions: TestFunctions | undefined;
let controller: TestController | undefined;
afterEach(async () => {
  await functions?.close();
  await controller?.close();
  controller = undefined;
});

test('posts the payload and prints what the function returned', async () => {
  functions = await startTestFunctions({ body: '{"sum":3}' });
  const { code, stdout } = await runCli([
    'function',
    'invoke',
    'add',
    '--payload',
    '[1, 2]',
    '--json',
    '--faas',
    functions.address,
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"sum":3}\n' });
  expect(functions.requests[0]).toMatchObject({
    method: 'POST',
    path: '/2015-03-31/functions/add/invocations',
    headers: { 'x-amz-invocation-type': 'RequestResponse' },
    body: '[1, 2]',
  });
  expect(functions.requests[0]?.headers).not.toHaveProperty('x-satchel-url');
});

test('a function that returned nothing returned null', async () => {
  functions = await startTestFunctions({ body: '' });
  expect((await runCli(`function invoke f --faas ${functions.address}`)).stdout).toBe('null\n');
});

test('with --job the function gets a URL with a fresh token of that job', async () => {
  functions = await startTestFunctions({ body: '{}' });
  controller = await startTestController({
    renewJob: () => ({ leaseSeconds: 60, expiresAtMs: 1, token: 'fresh' }),
    getJob: () => sampleJob,
  });
  const { code } = await runCli(
    `function invoke f --job sort-abc --faas ${functions.address} --controller ${controller.address}`,
  );
  expect(code).toBe(0);
  expect(functions.requests[0]?.headers).toMatchObject({ 'x-satchel-url': 'redis://sort-abc:fresh@127.0.0.1:7500' });
});

test('with --async the call is an event', async () => {
  functions = await startTestFunctions({ status: 202, headers: { 'x-amzn-requestid': 'r1' }, body: '' });
  const { stdout } = await runCli(`function invoke f --async --json --faas ${functions.address}`);
  expect(JSON.parse(stdout)).toEqual({ accepted: true, requestId: 'r1' });
  expect(functions.requests[0]?.headers).toMatchObject({ 'x-amz-invocation-type': 'Event' });
});

test('a function that threw is exit code 1 with its error', async () => {
  functions = await startTestFunctions({
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: '{"errorType":"RangeError","errorMessage":"too far"}',
  });
  const result = await runCli(`function invoke f --json --faas ${functions.address}`);
  expect(result).toEqual({ code: 1, stdout: '', stderr: 'satchel: function f failed: RangeError: too far\n' });
});
