import { unlink } from 'node:fs/promises';
import {
  createServer,
  type ListenOptions,
  type Server as NetServer,
  type OnReadOpts,
  Socket,
  type SocketConstructorOpts,
} from 'node:net';
import { SatchelError } from '@satchel/proto/core';

/** Connections that wait to be accepted. */
const backlog = 4096;

/** Gives a socket's input to `read`, in a buffer that is overwritten afterwards; false stops reading until `resume`. */
export type ReadInput = (buffer: Buffer, length: number) => boolean;

export interface ListenerOptions {
  /** All sockets read into it. */
  readonly readBuffer: Buffer;
  /** A connection that was made. Returns what takes its input; undefined refuses it. */
  accept(socket: Socket): ReadInput;
}

/** A socket, seen as what Node's own `net` keeps in it. */
interface HandleHolder {
  _handle: { reading?: boolean } | null;
}

/** Options of `new Socket` that Node's types leave out. */
interface HandleOptions {
  readonly handle: object;
  readonly manualStart: boolean;
  readonly onread: OnReadOpts;
}

/** One door of a shard: accepts connections whose sockets read into a buffer of the shard's. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: NetServer;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => this.#adopt(accepted));
  }

  /** Listens on a TCP port; 0 picks a free one. Returns the port; rejects with `unavailable` if it is taken. */
  async listenTcp(host: string, port: number): Promise<number> {
    await this.#listen({ host, port, exclusive: true, backlog }, `${host}:${port}`);
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /**
   * Listens on a Unix socket; a file that an earlier process left there is replaced. Whoever reaches it may connect: sandboxes run as other users,
   * and the token is the protection.
   */
  async listenUnix(path: string): Promise<void> {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw new SatchelError('unavailable', `cannot replace ${path}: ${error.message}`);
    });
    await this.#listen({ path, exclusive: true, backlog, readableAll: true, writableAll: true }, path);
  }

  /** Accepts no more; connections made stay. */
  close(): void {
    this.#server.close();
  }

  #listen(options: ListenOptions, where: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void =>
        reject(new SatchelError('unavailable', `cannot listen on ${where}: ${error.message}`, { cause: error }));
      this.#server.once('error', onError);
      this.#server.listen(options, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
  }

  /**
   * Node has no option by which accepted sockets read into a given buffer, only `new Socket` has: the handle moves to a socket of
   * that kind. The accepted socket was paused, so nothing was read yet.
   */
  #adopt(accepted: Socket): void {
    const holder = accepted as unknown as HandleHolder;
    const handle = holder._handle;
    if (handle === null) return;
    holder._handle = null;
    accepted.destroy();
    const { readBuffer } = this.#options;
    let read: ReadInput = () => false;
    const options: SocketConstructorOpts & HandleOptions = {
      handle,
      manualStart: true,
      onread: { buffer: readBuffer, callback: (length) => read(readBuffer, length) },
    };
    const socket = new Socket(options);
    read = this.#options.accept(socket);
    if (!socket.destroyed) socket.resume();
  }
}
