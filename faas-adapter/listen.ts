import type { Server } from 'node:http';
import { SatchelError } from '@satchel/proto/core';

/** How far above a taken port the next free one is looked for. */
const portAttempts = 20;

/** Makes a server listen on the first free port from `port` upward; 0 lets the system choose. */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await listenOnce(server, host, port === 0 ? 0 : port + attempt);
      return;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || attempt + 1 === portAttempts) {
        throw new SatchelError('unavailable', `cannot listen on ${host}:${port}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
