import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SatchelError } from '@satchel/proto/core';
import { type Listening, listen } from '@satchel/proto/rpc';

/** A page: its media type and text. */
export interface Page {
  readonly type: string;
  readonly text: string;
}

/** Serves pages by path, for GET and HEAD, on a port or, where it is taken, on a later one. Rejects with `unavailable`. */
export function servePages(
  pages: ReadonlyMap<string, () => Page | Promise<Page>>,
  host: string,
  port: number,
): Promise<Listening> {
  return listen(
    createServer((request, response) => void answer(pages, request, response)),
    host,
    port,
  );
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
