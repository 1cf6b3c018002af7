import { SatchelError } from '@satchel/proto/core';
import type { JobEvent, JobsHandlers } from '@satchel/proto/gen';
import { loadSchema, type ServerHandle, serve, toServiceError } from '@satchel/proto/rpc';
import { afterEach, expect, test } from 'vitest';
import { runCli, TestProcess } from '../../testing/run-cli.js';

let server: ServerHandle | undefined;
afterEach(() => server?.close(0));

/** A controller that tells these events, and then ends the stream or not. Returns its address. */
async function telling(events: readonly JobEvent[], then: 'end' | 'wait' | SatchelError): Promise<string> {
  const WatchJob: JobsHandlers['WatchJob'] = (call) => {
    for (const event of events) call.write({ job: call.request.job, atMs: 1_700_000_000_000, ...event });
    if (then === 'end') call.end();
    else if (then !== 'wait') call.emit('error', toServiceError(then));
  };
  const definition = loadSchema().Jobs.service;
  server = await serve([{ definition, implementation: { WatchJob } }], '127.0.0.1', 0);
  return `127.0.0.1:${server.port}`;
}

test('prints a line for each event until the job has ended', async () => {
  const address = await telling(
    [
      { kind: 'lease-warning', expiresAtMs: 1_700_000_010_000 },
      { kind: 'stage-ended', stage: 'map-1', reason: 'ended', reclaimed: { objects: 2, bytes: 1024 } },
      { kind: 'slots-changed', epoch: 3 },
    ],
    'end',
  );
  const { code, stdout } = await runCli(`job watch sort-abc --controller ${address}`);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '2023-11-14T22:13:20.000Z  lease-warning  lapses 2023-11-14T22:13:30.000Z',
    '2023-11-14T22:13:20.000Z  stage-ended  map-1  (ended)  reclaimed 2 objects, 1 KiB',
    '2023-11-14T22:13:20.000Z  slots-changed  epoch 3',
    '',
  ]);
});

test('as documents, a line each; Ctrl-C ends it', async () => {
  const address = await telling([{ kind: 'watching' }], 'wait');
  const io = new TestProcess();
  const watching = runCli(`job watch sort-abc --json --controller ${address}`, io);
  await expect.poll(() => io.stdout.text).toContain('watching');
  io.emit('SIGINT');
  const { code, stdout } = await watching;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ job: 'sort-abc', kind: 'watching' });
});

test('a job that is over is an error', async () => {
  const address = await telling([], new SatchelError('no-job', 'job sort-abc is over'));
  expect(await runCli(`job watch sort-abc --controller ${address}`)).toMatchObject({
    code: 1,
    stderr: 'satchel: job sort-abc is over\n',
  });
});
