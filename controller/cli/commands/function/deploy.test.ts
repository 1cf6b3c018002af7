import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runCli, TestProcess } from '../../testing/run-cli.js';
import { startTestFunctions, type TestFunctions } from '../../testing/test-functions.js';

let functions: TestFunctions | undefined;
afterEach(() => functions?.close());

const deployed = { name: 'map', handler: 'index.handler', memoryMiB: 256, timeoutSeconds: 60, version: 'v1', deployedAtMs: 0 };

test('sends the absolute path of the folder and the settings given', async () => {
  functions = await startTestFunctions({ body: JSON.stringify(deployed) });
  const settings = ['--handler', 'a.b', '--memory', '512MiB', '--timeout', '1500ms', '--env', 'A=1', '--env', 'B=x=y'];
  const { code, stdout } = await runCli([
    'function',
    'deploy',
    'map',
    'some/dir',
    ...settings,
    '--faas',
    functions.address,
    '--json',
  ]);
  expect(code).toBe(0);
  expect(functions.requests[0]).toMatchObject({ method: 'PUT', path: '/satchel/functions/map' });
  expect(JSON.parse(functions.requests[0]?.body ?? '')).toEqual({
    directory: resolve('some/dir'),
    handler: 'a.b',
    memoryMiB: 512,
    timeoutSeconds: 1.5,
    environment: { A: '1', B: 'x=y' },
  });
  expect(JSON.parse(stdout)).toEqual(deployed);
});

test('leaves settings that were not given to the API, which the environment names', async () => {
  functions = await startTestFunctions({ body: JSON.stringify(deployed) });
  await runCli('function deploy map .', new TestProcess({ SATCHEL_FUNCTIONS: functions.address }));
  expect(JSON.parse(functions.requests[0]?.body ?? '')).toEqual({ directory: resolve('.') });
});

test("a refusal is the API's message", async () => {
  functions = await startTestFunctions({ status: 400, body: '{"Type":"User","Message":"no such folder"}' });
  const result = await runCli(`function deploy map . --faas ${functions.address}`);
  expect(result).toEqual({ code: 1, stdout: '', stderr: 'satchel: no such folder\n' });
});

test('an API that is not there is named', async () => {
  const { code, stderr } = await runCli('function deploy map . --faas 127.0.0.1:1');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^satchel: .*127\.0\.0\.1:1 cannot be reached.*\n$/),
  });
});
