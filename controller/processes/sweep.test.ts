import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeParts } from '../cli/testing/fake-part.js';
import { identify } from './process-identity.js';
import { stopOrphans } from './sweep.js';

let fake: FakeParts;
beforeEach(() => {
  fake = new FakeParts();
});
afterEach(() => fake.remove());

function startPart() {
  const environment = { ...process.env, FAKE_JOURNAL: fake.journal, FAKE_TROUBLE: 'node-1 hangs' };
  const child = spawn(process.execPath, [fake.main, '--id', 'node-1', '--base-port', '0'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment,
  });
  return { child, identity: identify(child.pid ?? 0) ?? { pid: 0, startTime: '' } };
}

test('a process that outlives its dead owner is killed', async () => {
  const { child, identity } = startPart();
  const exited = once(child, 'exit');
  await stopOrphans([{ ...identity, name: 'node-1', main: fake.main }]);
  expect(await exited).toEqual([null, 'SIGKILL']);
});

test.each([
  ['that started at another time', { startTime: 'long ago' }],
  ['that runs something else', { main: '/opt/other/part.mjs' }],
])('a process with the recorded id %s is left alone', async (_name, different) => {
  const { child, identity } = startPart();
  await once(child.stdout, 'data');
  await stopOrphans([{ ...identity, name: 'node-1', main: fake.main, ...different }]);
  expect(identify(identity.pid)).toEqual(identity);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
