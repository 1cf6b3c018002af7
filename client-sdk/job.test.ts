import { SatchelError } from '@satchel/proto/core';
import type { JobsHandlers, RegisterJobRequest__Output } from '@satchel/proto/gen';
import { loadSchema, type ServerHandle, serve, toServiceError } from '@satchel/proto/rpc';
import { afterEach, expect, test } from 'vitest';
import { attachJob, registerJob } from './job.js';

/** A controller that answers by script. */
interface ScriptedController {
  readonly address: string;
  readonly registered: RegisterJobRequest__Output[];
  renewals: number;
  ended: number;
  failure: SatchelError | undefined;
}

const servers: ServerHandle[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

async function start(leaseSeconds = 60): Promise<ScriptedController> {
  const controller = {
    address: '',
    registered: [] as RegisterJobRequest__Output[],
    renewals: 0,
    ended: 0,
  } as ScriptedController & {
    address: string;
  };
  type Reply<Response> = (error: ReturnType<typeof toServiceError> | null, response?: Response) => void;
  const answer = <Response>(reply: Reply<Response>, response: () => Response): void => {
    if (controller.failure === undefined) reply(null, response());
    else reply(toServiceError(controller.failure));
  };
  const registerJob: JobsHandlers['RegisterJob'] = (call, reply) => {
    controller.registered.push(call.request);
    reply(null, { job: 'j-1', token: 't0', url: 'redis://j-1:t0@127.0.0.1:9', leaseSeconds });
  };
  const renewJob: JobsHandlers['RenewJob'] = (_, reply) =>
    answer(reply, () => ({ leaseSeconds, token: `t${++controller.renewals}` }));
  const getJob: JobsHandlers['GetJob'] = (_, reply) => answer(reply, () => ({ job: 'j-1', usage: { requests: 7 } }));
  const endJob: JobsHandlers['EndJob'] = (_, reply) =>
    answer(reply, () => ({ usage: { requests: 8, objects: ++controller.ended } }));
  const implementation = { registerJob, renewJob, getJob, endJob };
  const handle = await serve([{ definition: loadSchema().Jobs.service, implementation }], '127.0.0.1', 0);
  servers.push(handle);
  controller.address = `127.0.0.1:${handle.port}`;
  return controller;
}

test('hints are validated and sent in bytes, and unknown ones stay unknown', async () => {
  const controller = await start();
  const job = await registerJob({ name: 'sort', capacity: '1GiB', functions: 8, controller: controller.address });
  expect(controller.registered[0]?.hints).toMatchObject({ capacityBytes: 2 ** 30, functions: 8 });
  expect(controller.registered[0]?.hints?.latencySensitive).toBeUndefined();
  expect(job).toMatchObject({ id: 'j-1', token: 't0', leaseSeconds: 60, url: 'redis://j-1:t0@127.0.0.1:9' });
  await job.release();
  await expect(registerJob({ name: 'x', replicas: 2, controller: controller.address })).rejects.toThrow(/replicas/);
  await expect(registerJob({ name: '?', controller: controller.address })).rejects.toThrow(/job name/);
});

test('a held job renews its lease by itself and hands out the newest token', async () => {
  const controller = await start(0);
  const job = await registerJob({ name: 'held', controller: controller.address, leaseSeconds: 1 });
  await expect.poll(() => controller.renewals).toBeGreaterThan(1);
  expect(job.url).toContain(job.token);
  expect(job.token).not.toBe('t0');
  await job.release();
});

test('the end of a held job is reported', async () => {
  const controller = await start(0);
  const lost = new Promise((resolve) => {
    controller.failure = new SatchelError('no-job', 'the lease lapsed');
    void registerJob({ name: 'held', controller: controller.address, onLeaseLost: resolve });
  });
  expect(await lost).toMatchObject({ code: 'no-job', message: expect.stringContaining('lapsed') });
});

test('a job ends once, also by leaving its scope, and says what it used', async () => {
  const controller = await start();
  const job = await registerJob({ name: 'short', controller: controller.address });
  expect((await job.usage())?.requests).toBe(7);
  expect((await job.end())?.requests).toBe(8);
  await job[Symbol.asyncDispose]();
  expect(controller.ended).toBe(1);
});

test('a job can be held by its URL', async () => {
  const controller = await start();
  const job = await attachJob('redis://j-1:old@127.0.0.1:9', { controller: controller.address });
  expect([controller.renewals, job.token]).toEqual([1, 't1']);
  await job.release();
  controller.failure = new SatchelError('no-job', 'it has ended');
  await expect(attachJob('redis://j-1:old@127.0.0.1:9', { controller: controller.address })).rejects.toMatchObject({
    code: 'no-job',
  });
});

test('a controller that is not there is named', async () => {
  await expect(registerJob({ name: 'x', controller: '127.0.0.1:1' })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('127.0.0.1:1'),
  });
});
