import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FunctionsProcess, startFunctions } from './testing/functions-process.js';

const code = `
import { SatchelError } from '@satchel/client';
let calls = 0;
export const handler = async (event, context) => {
  process.stdout.write('got ' + JSON.stringify(event) + '\\n');
  if (event.fail) throw new RangeError('boom');
  if (event.exit) process.exit(3);
  if (event.loop) for (;;);
  if (event.hog) for (const held = []; ; await new Promise(setImmediate)) held.push(Buffer.alloc(10_000_000, 1));
  if (event.meet) {
    const { appendFileSync, readFileSync } = await import('node:fs');
    appendFileSync(event.meet, 'x');
    while (readFileSync(event.meet, 'utf8') !== 'xx') await new Promise(setImmediate);
  }
  if (event.write) (await import('node:fs')).appendFileSync(event.write, 'x');
  return {
    calls: ++calls, pid: process.pid, url: process.env.SATCHEL_URL, requestId: context.awsRequestId,
    remaining: context.getRemainingTimeInMillis(), sdk: typeof SatchelError, secret: process.env.SECRET_OF_HOST, own: process.env.OWN,
  };
};`;

let functions: FunctionsProcess;
beforeAll(async () => {
  process.env['SECRET_OF_HOST'] = 'hidden';
  functions = await startFunctions();
  await functions.deploy('echo', code, { timeoutSeconds: 1, memoryMiB: 100, environment: { OWN: 'value' } });
});
afterAll(() => functions.stop());

async function call(event: unknown, headers?: Record<string, string>): Promise<Record<string, unknown>> {
  return (await (await functions.invoke('echo', event, headers)).json()) as Record<string, unknown>;
}

describe('an invocation', () => {
  test('returns what the handler returned and finds the SDK without bringing it along', async () => {
    const response = await functions.invoke('echo', {});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-amzn-requestid')).toBeTruthy();
    expect(await response.json()).toMatchObject({ sdk: 'function', own: 'value' });
  });

  test('reuses a warm sandbox, one call at a time', async () => {
    const first = await call({});
    const second = await call({});
    expect(second['pid']).toBe(first['pid']);
    expect(second['calls']).toBe((first['calls'] as number) + 1);
    // Each returns once both run.
    const meet = join(functions.folder, 'meeting');
    const both = await Promise.all([call({ meet }), call({ meet })]);
    expect(both[0]?.['pid']).not.toBe(both[1]?.['pid']);
  });

  test('is handed the job of the header, or of the ClientContext, and forgets it with the next call', async () => {
    const url = 'redis://job:token@127.0.0.1:7500';
    expect(await call({}, { 'x-satchel-url': url })).toMatchObject({ url });
    const context = Buffer.from(JSON.stringify({ custom: { SATCHEL_URL: url } })).toString('base64');
    expect(await call({}, { 'x-amz-client-context': context })).toMatchObject({ url });
    expect((await call({}))['url']).toBeUndefined();
  });

  test('never shares a sandbox between tokens whose namespace cannot be verified', async () => {
    const first = await call({}, { 'x-satchel-url': 'redis://job:one@127.0.0.1:7500' });
    const second = await call({}, { 'x-satchel-url': 'redis://job:two@127.0.0.1:7500' });
    expect(first['pid']).not.toBe(second['pid']);
  });

  test('sees nothing of the host environment but what it is given', async () => {
    expect((await call({}))['secret']).toBeUndefined();
  });

  test('that throws answers 200 with the error, as AWS Lambda does', async () => {
    const response = await functions.invoke('echo', { fail: true });
    expect([response.status, response.headers.get('x-amz-function-error')]).toEqual([200, 'Unhandled']);
    expect(await response.json()).toMatchObject({ errorType: 'RangeError', errorMessage: 'boom' });
  });

  test.each([
    [{ loop: true }, 'Sandbox.Timedout', 'timed out after 1 seconds'],
    [{ exit: true }, 'Runtime.ExitError', 'exit code 3'],
    [{ hog: true }, 'Runtime.OutOfMemory', 'its limit is 100 MiB'],
  ])('of %j ends its sandbox with a clear reason, and the next call works', async (event, errorType, errorMessage) => {
    expect(await call(event)).toMatchObject({ errorType, errorMessage: expect.stringContaining(errorMessage) });
    expect((await call({}))['calls']).toBeTypeOf('number');
  });

  test('returns its log on request, and keeps it for later', async () => {
    const response = await functions.invoke('echo', { mark: 42 }, { 'x-amz-log-type': 'Tail' });
    expect(Buffer.from(response.headers.get('x-amz-log-result') ?? '', 'base64').toString()).toContain('got {"mark":42}');
    const { lines } = (await (await fetch(`http://${functions.address}/satchel/functions/echo/logs`)).json()) as {
      lines: { line: string }[];
    };
    expect(lines.map(({ line }) => line)).toContain('got {"mark":42}');
  });

  test('as an event answers at once and runs', async () => {
    const file = join(functions.folder, 'event');
    const response = await functions.invoke('echo', { write: file }, { 'x-amz-invocation-type': 'Event' });
    expect(response.status).toBe(202);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toBe('x');
  });
});

describe('bad input is answered with a clear error:', () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`http://${functions.address}${path}`, { method: 'POST', body, headers });

  test('an unknown function', async () => {
    const response = await functions.invoke('nobody', {});
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([404, 'ResourceNotFoundException']);
  });

  test('a payload that is not JSON', async () => {
    expect((await post('/2015-03-31/functions/echo/invocations', '{')).status).toBe(400);
  });

  test('a payload over the limit', async () => {
    expect((await post('/2015-03-31/functions/echo/invocations', JSON.stringify('x'.repeat(7 * 2 ** 20)))).status).toBe(413);
  });

  test('an unknown invocation type, an unusable job URL, an unknown path', async () => {
    expect((await functions.invoke('echo', {}, { 'x-amz-invocation-type': 'Later' })).status).toBe(400);
    expect((await functions.invoke('echo', {}, { 'x-satchel-url': 'nonsense' })).status).toBe(400);
    expect((await post('/other', '')).status).toBe(404);
  });

  test('a function without its handler, with bad settings or a bad name', async () => {
    await functions.deploy('empty', 'export const other = 1;');
    expect(await (await functions.invoke('empty', {})).json()).toMatchObject({
      errorMessage: expect.stringContaining('no function named handler'),
    });
    expect((await functions.deploy('bad', code, { memoryMiB: 1 })).status).toBe(400);
    expect((await functions.deploy('bad', code, { handler: '../../etc.passwd' })).status).toBe(400);
    expect((await functions.deploy('..', code)).status).not.toBe(200);
  });
});

test('a function that is never done loading is given up', { timeout: 30_000 }, async () => {
  await functions.deploy('stuck', 'for (;;);');
  const failure = await (await functions.invoke('stuck', {})).json();
  expect(failure).toMatchObject({ errorType: 'Runtime.StartError', errorMessage: expect.stringContaining('after 10 seconds') });
});

test('a new deployment replaces the old at once, and a deleted function is gone', async () => {
  await functions.deploy('versions', 'export const handler = () => 1;');
  expect(await (await functions.invoke('versions', {})).json()).toBe(1);
  await functions.deploy('versions', 'export const handler = () => 2;');
  expect(await (await functions.invoke('versions', {})).json()).toBe(2);
  await fetch(`http://${functions.address}/satchel/functions/versions`, { method: 'DELETE' });
  expect((await functions.invoke('versions', {})).status).toBe(404);
});

test('calls beyond the number of sandboxes wait their turn', async () => {
  const few = await startFunctions(['--max-sandboxes', '2']);
  await few.deploy(
    'slow',
    'export const handler = async () => { await new Promise((r) => setTimeout(r, 20)); return process.pid; };',
  );
  const pids = await Promise.all(Array.from({ length: 12 }, async () => (await few.invoke('slow', {})).json()));
  expect(new Set(pids).size).toBeLessThanOrEqual(2);
  await few.stop();
});

test('sandboxes go when their service is killed, even in a busy loop', async () => {
  const killed = await startFunctions();
  await killed.deploy(
    'loop',
    'import { writeFileSync } from "node:fs"; export const handler = (event) => { writeFileSync(event.file, String(process.pid)); for (;;); };',
  );
  const file = join(killed.folder, 'pid');
  killed.invoke('loop', { file }).catch(() => {});
  await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 10_000 }).toMatch(/^\d+$/);
  const pid = readFileSync(file, 'utf8');
  killed.child.kill('SIGKILL');
  await expect
    .poll(() => existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z'), { timeout: 2_000 })
    .toBe(false);
  await killed.stop();
});
