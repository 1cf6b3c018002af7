import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { limits, SatchelError } from '@satchel/proto/core';
import type { Functions } from './functions.js';
import { sendError, sendJson } from './http-error.js';
import type { Invocation, Invoker } from './invoker.js';
import type { SandboxPool } from './sandbox-pool.js';

interface Api {
  readonly functions: Functions;
  readonly invoker: Invoker;
  readonly pool: SandboxPool;
}

type Route = (api: Api, request: IncomingMessage, response: ServerResponse, name: string) => Promise<void>;

const routes: readonly { method: string; path: RegExp; handle: Route }[] = [
  { method: 'POST', path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, handle: invoke },
  { method: 'PUT', path: /^\/satchel\/functions\/([^/]+)$/, handle: deploy },
  { method: 'GET', path: /^\/satchel\/functions$/, handle: list },
  { method: 'GET', path: /^\/satchel\/functions\/([^/]+)\/logs$/, handle: logs },
  { method: 'DELETE', path: /^\/satchel\/functions\/([^/]+)$/, handle: remove },
  { method: 'GET', path: /^\/healthz$/, handle: healthy },
];

/** HTTP server of the AWS Lambda invoke call and of function management. Not listening yet. */
export function createInvokeApi(api: Api): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    const route = routes.find((candidate) => candidate.method === request.method && candidate.path.test(path));
    if (!route) {
      request.resume();
      sendError(response, new SatchelError('not-found', `there is no ${request.method} ${path}`));
      return;
    }
    const name = decodeURIComponent(route.path.exec(path)?.[1] ?? '').replace(/^arn:[^/]*:function:/, '');
    route.handle(api, request, response, name).catch((error: unknown) => {
      request.resume();
      sendError(response, error);
    });
  });
}

async function invoke(api: Api, request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const invocation = await readInvocation(request, name);
  if (type === 'DryRun') {
    api.functions.get(name);
    response.writeHead(204).end();
  } else if (type === 'Event') {
    const requestId = api.invoker.event(invocation);
    response.writeHead(202, { 'x-amzn-requestid': requestId }).end();
  } else if (type === 'RequestResponse') {
    await answer(api, request, response, invocation);
  } else {
    throw new SatchelError('invalid-argument', `X-Amz-Invocation-Type '${type}' is not RequestResponse, Event or DryRun`);
  }
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse, invocation: Invocation): Promise<void> {
  const { outcome, requestId } = await api.invoker.request(invocation);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amzn-requestid': requestId,
    'x-amz-executed-version': '$LATEST',
  };
  if (outcome.kind === 'failure') headers['x-amz-function-error'] = 'Unhandled';
  if (request.headers['x-amz-log-type'] === 'Tail') {
    headers['x-amz-log-result'] = Buffer.from(api.invoker.log(invocation.name).tail(requestId)).toString('base64');
  }
  response.writeHead(200, headers).end(outcome.kind === 'result' ? outcome.payload : JSON.stringify(outcome.failure));
}

async function readInvocation(request: IncomingMessage, name: string): Promise<Invocation> {
  const body = (await readBody(request)).toString();
  const event = body.trim() === '' ? '{}' : body;
  parseJson(event, 'the payload');
  const encoded = request.headers['x-amz-client-context'];
  const clientContext = typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString() : undefined;
  return { name, event, clientContext, satchelUrl: header(request, 'x-satchel-url') ?? urlOfContext(clientContext) };
}

function urlOfContext(clientContext: string | undefined): string | undefined {
  if (clientContext === undefined) return undefined;
  const context = parseJson(clientContext, 'the ClientContext') as { custom?: { SATCHEL_URL?: unknown } } | null;
  const url = context?.custom?.SATCHEL_URL;
  return typeof url === 'string' ? url : undefined;
}

async function deploy(api: Api, request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  const body = parseJson((await readBody(request)).toString(), 'the request') as { directory?: unknown } | null;
  const { directory, ...settings } = body ?? {};
  if (typeof directory !== 'string')
    throw new SatchelError('invalid-argument', "the request lacks 'directory', the folder of the function's code");
  const deployed = await api.functions.deploy(name, directory, settings);
  api.pool.retire(name, deployed.version);
  sendJson(response, 200, deployed);
}

async function list(api: Api, _request: IncomingMessage, response: ServerResponse): Promise<void> {
  sendJson(response, 200, { functions: api.functions.list() });
}

async function logs(api: Api, _request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  api.functions.get(name);
  sendJson(response, 200, { lines: api.invoker.log(name).lines() });
}

async function remove(api: Api, _request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  const removed = await api.functions.delete(name);
  api.pool.retire(name);
  api.invoker.forget(name);
  sendJson(response, 200, { name: removed.name });
}

async function healthy(api: Api, _request: IncomingMessage, response: ServerResponse): Promise<void> {
  sendJson(response, 200, { status: 'ok', functions: api.functions.list().length, sandboxes: api.pool.size });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // What is left unread is read over by the caller, so that the client gets its answer and not a reset.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.functionPayloadBytes) {
      throw new SatchelError(
        'too-large',
        `the payload has more than ${limits.functionPayloadBytes} bytes; put it in the store and pass its key`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SatchelError('invalid-argument', `${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
