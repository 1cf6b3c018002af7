import { createServer } from 'node:net';
import { SatchelError } from '@satchel/proto/core';

/** Ports of one shard. */
export interface ShardPorts {
  readonly endpointPort: number;
  readonly directPort: number;
}

/** Says whether a port can be listened on now; for port 0 some free one is returned. */
export type ProbePort = (port: number) => Promise<number | undefined>;

/**
 * Ports for `count` shards: those of `before` that are still free, the others upward from `basePort`, skipping taken ones;
 * with base port 0 any free ones. Throws `unavailable` if the range ends first.
 */
export async function assignPorts(
  basePort: number,
  count: number,
  before: readonly ShardPorts[],
  probe: ProbePort,
): Promise<ShardPorts[]> {
  const chosen = new Set<number>();
  const kept = await Promise.all(before.slice(0, count).map((ports) => bothFree(ports, probe)));
  for (const ports of kept) if (ports) chosen.add(ports.endpointPort).add(ports.directPort);
  let at = basePort;
  const next = async (): Promise<number> => {
    for (;;) {
      if (at > 65_535) throw new SatchelError('unavailable', `no free port from ${basePort} upward`);
      const wanted = basePort === 0 ? 0 : at++;
      const port = chosen.has(wanted) ? undefined : await probe(wanted);
      if (port === undefined || chosen.has(port)) continue;
      chosen.add(port);
      return port;
    }
  };
  const assigned: ShardPorts[] = [];
  for (let index = 0; index < count; index++) {
    assigned.push(kept[index] ?? { endpointPort: await next(), directPort: await next() });
  }
  return assigned;
}

async function bothFree(ports: ShardPorts, probe: ProbePort): Promise<ShardPorts | undefined> {
  const free = await Promise.all([probe(ports.endpointPort), probe(ports.directPort)]);
  return free.every((port) => port !== undefined) ? ports : undefined;
}

/** Probes by listening on `address` for a moment. */
export function probeOn(address: string): ProbePort {
  return (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen({ port, host: address, exclusive: true }, () => {
        const bound = server.address();
        server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : undefined));
      });
    });
}
