import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request the test functions API received. */
export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** What it answers to every request. */
export interface FunctionsAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** An HTTP server in place of the functions API. */
export interface TestFunctions {
  readonly address: string;
  readonly requests: ReceivedRequest[];
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startTestFunctions(answer: FunctionsAnswer): Promise<TestFunctions> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ method: request.method, path: request.url, headers: request.headers, body: await text(request) });
    response.writeHead(answer.status ?? 200, { connection: 'close', ...answer.headers }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, requests, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
