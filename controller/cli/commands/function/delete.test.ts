import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { startTestFunctions, type TestFunctions } from '../../testing/test-functions.js';

let functions: TestFunctions | undefined;
afterEach(() => functions?.close());

test('removes the function named', async () => {
  functions = await startTestFunctions({ body: '{"name":"f"}' });
  const { code, stdout } = await runCli(`function delete f --json --faas ${functions.address}`);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ function: 'f', deleted: true });
  expect(functions.requests[0]).toMatchObject({ method: 'DELETE', path: '/satchel/functions/f' });
});

test('an answer that is not JSON is shown as it is', async () => {
  functions = await startTestFunctions({ status: 502, body: 'bad gateway' });
  const { code, stderr } = await runCli(`function delete f --faas ${functions.address}`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'satchel: the functions API answered 502: bad gateway\n' });
});
