import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  type FunctionFailure,
  type InvokeMessage,
  type SandboxMessage,
  type SandboxSetup,
  setupVariable,
} from './sandbox-messages.js';

/** The process in which user code runs. It is told a function at its start, then serves one invocation at a time. */

type Handler = (event: unknown, context: unknown, callback: (error: unknown, result?: unknown) => void) => unknown;

const setup = JSON.parse(process.env[setupVariable] ?? '') as SandboxSetup;
delete process.env[setupVariable];
const ownSatchelUrl = process.env['SATCHEL_URL'];

function send(message: SandboxMessage): void {
  process.send?.(message);
}

async function loadHandler(): Promise<Handler> {
  const dot = setup.handler.lastIndexOf('.');
  const base = join(setup.code, setup.handler.slice(0, dot));
  const name = setup.handler.slice(dot + 1);
  const file = ['.mjs', '.js', '.cjs'].map((extension) => base + extension).find((path) => existsSync(path));
  if (!file)
    throw new Error(
      `handler '${setup.handler}': there is no ${setup.handler.slice(0, dot)}.mjs, .js or .cjs in the deployed folder`,
    );
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown> & { default?: Record<string, unknown> };
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== 'function')
    throw new Error(`handler '${setup.handler}': ${file.slice(setup.code.length + 1)} has no function named ${name}`);
  return handler as Handler;
}

function contextOf(message: InvokeMessage): Record<string, unknown> {
  return {
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${setup.functionName}`,
    awsRequestId: message.requestId,
    memoryLimitInMB: String(setup.memoryMiB),
    logGroupName: `/satchel/functions/${setup.functionName}`,
    logStreamName: String(process.pid),
    clientContext: message.clientContext === undefined ? undefined : JSON.parse(message.clientContext),
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
  };
}

/** Calls the handler in either of its styles: returning (a promise of) the result, or calling back. */
function call(handler: Handler, message: InvokeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const result = handler(JSON.parse(message.event), contextOf(message), (error, value) =>
      error ? reject(error) : resolve(value),
    );
    if (handler.length < 3 || result instanceof Promise) resolve(result);
  });
}

function failureOf(thrown: unknown): FunctionFailure {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

async function serve(handler: Handler, message: InvokeMessage): Promise<void> {
  const url = message.satchelUrl ?? ownSatchelUrl;
  if (url === undefined) delete process.env['SATCHEL_URL'];
  else process.env['SATCHEL_URL'] = url;
  let answer: SandboxMessage;
  try {
    const payload = JSON.stringify((await call(handler, message)) ?? null);
    answer = { kind: 'result', requestId: message.requestId, payload };
  } catch (thrown) {
    answer = { kind: 'failure', requestId: message.requestId, failure: failureOf(thrown) };
  }
  process.stdout.write(`${setup.endMarker}\n`);
  process.stderr.write(`${setup.endMarker}\n`);
  send(answer);
}

process.on('disconnect', () => process.exit(0));
loadHandler().then(
  (handler) => {
    process.on('message', (message: InvokeMessage) => void serve(handler, message));
    send({ kind: 'ready' });
    new Worker(new URL('./sandbox-watchdog.js', import.meta.url)).unref();
  },
  (thrown: unknown) => {
    send({ kind: 'load-failed', failure: failureOf(thrown) });
    process.disconnect();
  },
);
