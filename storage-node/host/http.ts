import { createServer } from 'node:http';
import { SatchelError } from '@satchel/proto/core';
import { type Listening, listen } from '@satchel/proto/rpc';
import type { Registry } from 'prom-client';

export interface Health {
  readonly healthy: boolean;
  readonly [fact: string]: unknown;
}

/** The node's HTTP, `/metrics` for Prometheus and `/healthz`. Listens on the first free port from `port` upward (0: any); rejects with `unavailable` if there is none. */
export async function serveHttp(address: string, port: number, metrics: Registry, health: () => Health): Promise<Listening> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') {
      const state = health();
      response.writeHead(state.healthy ? 200 : 503, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(state)}\n`);
    } else if (path === '/metrics') {
      metrics.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${SatchelError.from(error).message}\n`),
      );
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /metrics and /healthz\n');
    }
  });
  return listen(server, address, port, 65_535);
}
