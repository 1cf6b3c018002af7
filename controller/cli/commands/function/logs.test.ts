import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { startTestFunctions, type TestFunctions } from '../../testing/test-functions.js';

let functions: TestFunctions | undefined;
afterEach(() => functions?.close());

test('prints the lines a function printed, with time and request', async () => {
  const lines = [{ atMs: 0, requestId: 'r1', line: 'hello' }];
  functions = await startTestFunctions({ body: JSON.stringify({ lines }) });
  const people = await runCli(`function logs f --faas ${functions.address}`);
  expect(people.stdout).toBe('1970-01-01T00:00:00.000Z r1 hello\n');
  const program = await runCli(`function logs f --json --faas ${functions.address}`);
  expect(JSON.parse(program.stdout)).toEqual({ lines });
  expect(functions.requests[0]).toMatchObject({ method: 'GET', path: '/satchel/functions/f/logs' });
});
