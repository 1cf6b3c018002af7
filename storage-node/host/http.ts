import { createServer } from 'node:http';
import { SatchelError } from '@satchel/proto/core';
import { type Listening, listen } from '@satchel/proto/rpc';
import type { Registry } from 'prom-client';

export interface Health {
  readonly healthy: boolean;
  /** Whether the node serves data; a healthy one that has not joined yet, or has left, does not. */
  readonly ready: boolean;
  readonly [fact: string]: unknown;
}

/**
 * The node's HTTP: `/metrics` for Prometheus, `/healthz`, `/readyz` (503 unless healthy or ready) and `/livez` (200 while this process
 * answers at all: it restarts its shards itself, so that nobody need restart it for them). Listens on the first free port from `port` upward (0: any); rejects with `unavailable` if there is none.
 */
export async function serveHttp(address: string, port: number, metrics: Registry, health: () => Health): Promise<Listening> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const verdict = verdicts.get(path ?? '');
    if (verdict !== undefined) {
      const state = health();
      response.writeHead(verdict(state) ? 200 : 503, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(state)}\n`);
    } else if (path === '/metrics') {
      metrics.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${SatchelError.from(error).message}\n`),
      );
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /metrics, /healthz, /readyz and /livez\n');
    }
  });
  return listen(server, address, port, 65_535);
}

const verdicts: ReadonlyMap<string, (health: Health) => boolean> = new Map([
  ['/healthz', (health: Health) => health.healthy],
  ['/readyz', (health: Health) => health.ready],
  ['/livez', () => true],
]);
