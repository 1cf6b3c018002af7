import { createServer, type Server } from 'node:net';
import { SatchelError } from '@satchel/proto/core';

/** Keeps ports from others until the shard knows its number in the fleet and can serve. Connections are ended at once. */
export class HeldPorts {
  private readonly servers: Server[] = [];

  /** Takes the ports; the port that is taken rejects with {@link PortTakenError}. */
  static async take(address: string, ports: readonly number[]): Promise<HeldPorts> {
    const held = new HeldPorts();
    try {
      for (const port of ports) held.servers.push(await hold(address, port));
    } catch (error) {
      await held.release();
      throw error;
    }
    return held;
  }

  /** Frees the ports; they can be listened on again once it settles. */
  async release(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Somebody else listens on a port. */
export class PortTakenError extends SatchelError {
  readonly port: number;

  constructor(port: number, cause: unknown) {
    super('unavailable', `port ${port} is taken`, { cause });
    this.port = port;
  }
}

function hold(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => reject(new PortTakenError(port, error)));
    server.listen({ port, host: address, exclusive: true }, () => resolve(server));
  });
}
