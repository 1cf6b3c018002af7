import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { startTestFunctions, type TestFunctions } from '../../testing/test-functions.js';

let functions: TestFunctions | undefined;
afterEach(() => functions?.close());

test('lists what is deployed', async () => {
  const deployed = { name: 'map', handler: 'index.handler', memoryMiB: 256, timeoutSeconds: 60, version: 'v1', deployedAtMs: 0 };
  functions = await startTestFunctions({ body: JSON.stringify({ functions: [deployed] }) });
  const people = await runCli(`function list --faas ${functions.address}`);
  expect(people.stdout.split('\n')[1]).toMatch(/^map +index\.handler +256 MiB +60 s +v1 +1970-/);
  const program = await runCli(`function list --json --faas ${functions.address}`);
  expect(JSON.parse(program.stdout)).toEqual({ functions: [deployed] });
});
