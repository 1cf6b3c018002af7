import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes on connections to a port of this machine, and breaks them in the midst of what they carry. */
export class BreakingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  /** Bytes that still pass before all connections break; undefined: any number. */
  #bytesLeft: number | undefined;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(target: number): Promise<BreakingProxy> {
    const sockets = new Set<Socket>();
    let pass: (bytes: Buffer, to: Socket) => void = () => {};
    const server = createServer((client) => {
      const there = connect({ host: '127.0.0.1', port: target, noDelay: true });
      for (const [from, to] of [
        [client, there],
        [there, client],
      ] as const) {
        sockets.add(from);
        from.on('data', (bytes) => pass(bytes, to));
        from.on('error', () => {});
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new BreakingProxy(server, sockets);
    pass = (bytes, to) => proxy.#pass(bytes, to);
    return proxy;
  }

  breakAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  close(): void {
    this.#server.close();
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  #pass(bytes: Buffer, to: Socket): void {
    if (this.#bytesLeft === undefined || bytes.length <= this.#bytesLeft) {
      if (this.#bytesLeft !== undefined) this.#bytesLeft -= bytes.length;
      to.write(bytes);
      return;
    }
    // What was written so far still gets there.
    to.end(bytes.subarray(0, this.#bytesLeft));
    this.#bytesLeft = undefined;
    setImmediate(() => {
      for (const socket of [...this.#sockets]) socket.destroy();
    });
  }
}
