import { createServer, type Server } from 'node:http';
import { SatchelError } from '@satchel/proto/core';
import type { Registry } from 'prom-client';

export interface Health {
  readonly healthy: boolean;
  readonly [fact: string]: unknown;
}

/** The node's HTTP: `/metrics` for Prometheus and `/healthz`. */
export interface NodeHttp {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on the first free port from `port` upward (0: any); rejects with `unavailable` if there is none. */
export async function serveHttp(address: string, port: number, metrics: Registry, health: () => Health): Promise<NodeHttp> {
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
  const bound = await listenUpward(server, address, port);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listenUpward(server: Server, address: string, first: number): Promise<number> {
  for (let port = first; port <= 65_535; port++) {
    const bound = await listen(server, address, port);
    if (bound !== undefined) return bound;
  }
  throw new SatchelError('unavailable', `no free port from ${first} upward`);
}

/** The port, or undefined if it is taken. */
function listen(server: Server, address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new SatchelError('unavailable', `cannot listen on ${address}:${port}: ${error.message}`, { cause: error }));
    };
    server.once('error', failed);
    server.listen(port, address, () => {
      server.off('error', failed);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : port);
    });
  });
}
