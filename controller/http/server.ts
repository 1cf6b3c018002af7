import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SatchelError } from '@satchel/proto/core';

/** A page: its media type and text. */
export interface Page {
  readonly type: string;
  readonly text: string;
}

/** An HTTP server that listens. */
export interface HttpHandle {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves pages by path, for GET and HEAD. Rejects with `unavailable` if the port is taken. */
export function servePages(
  pages: ReadonlyMap<string, () => Page | Promise<Page>>,
  host: string,
  port: number,
): Promise<HttpHandle> {
  const server = createServer((request, response) => void answer(pages, request, response));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new SatchelError('unavailable', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port: address.port, close });
    });
  });
}

async function answer(
  pages: ReadonlyMap<string, () => Page | Promise<Page>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const page = pages.get((request.url ?? '').split('?', 1)[0] ?? '');
  if (page === undefined) return reply(response, 404, { type: 'text/plain', text: 'no such page\n' });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return reply(response, 405, { type: 'text/plain', text: 'only GET and HEAD\n' });
  }
  try {
    reply(response, 200, await page());
  } catch (error) {
    reply(response, 500, { type: 'text/plain', text: `${SatchelError.from(error).message}\n` });
  }
}

function reply(response: ServerResponse, status: number, { type, text }: Page): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
