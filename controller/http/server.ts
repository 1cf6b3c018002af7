import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SatchelError } from '@satchel/proto/core';
import { type Listening, listen } from '@satchel/proto/rpc';

/** A page: its media type and text. */
export interface Page {
  readonly type: string;
  readonly text: string;
  /** Default: 200. */
  readonly status?: number;
}

/** Pages by path. */
export type Pages = Pick<ReadonlyMap<string, () => Page | Promise<Page>>, 'get'>;

/** Serves pages by path, for GET and HEAD, on a port or, where it is taken, on a later one. Rejects with `unavailable`. */
export function servePages(pages: Pages, host: string, port: number): Promise<Listening> {
  return listen(
    createServer((request, response) => void answer(pages, request, response)),
    host,
    port,
  );
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const page = pages.get((request.url ?? '').split('?', 1)[0] ?? '');
  if (page === undefined) return reply(response, 404, { type: 'text/plain', text: 'no such page\n' });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return reply(response, 405, { type: 'text/plain', text: 'only GET and HEAD\n' });
  }
  try {
    const { status = 200, ...content } = await page();
    reply(response, status, content);
  } catch (error) {
    reply(response, 500, { type: 'text/plain', text: `${SatchelError.from(error).message}\n` });
  }
}

function reply(response: ServerResponse, status: number, { type, text }: Page): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
