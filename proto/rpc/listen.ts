import type { Server } from 'node:http';
import { SatchelError } from '../core/index.js';

/** An HTTP server that listens. */
export interface Listening {
  readonly port: number;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

/**
 * Makes a server listen on `port` or, where it is taken, on the first free one of the `portsTried` (default 20) after it; 0 lets
 * the system choose. Rejects with `unavailable`.
 */
export async function listen(server: Server, host: string, port: number, portsTried = 20): Promise<Listening> {
  const last = port === 0 ? 0 : Math.min(port + portsTried, 65_535);
  for (let candidate = port; ; candidate++) {
    try {
      return await listenOnce(server, host, candidate);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (taken && candidate < last) continue;
      throw new SatchelError('unavailable', `cannot listen on ${host}:${candidate}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
