import { createServer, type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { CommandSkimmer } from './command-skimmer.js';

/** A socket, seen as what Node's own `net` keeps in it. */
interface HandleHolder {
  _handle: object | null;
}

/** Options of `new Socket` that Node's types leave out. */
interface HandleOptions {
  readonly handle: object;
  readonly manualStart: boolean;
  readonly onread: OnReadOpts;
}

const outputBytes = 256 * 1024;

/**
 * A server that stores nothing: it reads commands into one buffer and answers `+OK`, and GET with a value that is always the same,
 * from another that is reused. What a server on Node can reach at most. Resolves to its port on the loopback interface.
 */
export function listenForNothing(valueBytes: number): Promise<{ readonly port: number; readonly server: Server }> {
  const input = Buffer.allocUnsafe(64 * 1024);
  const value = Buffer.from(`$${valueBytes}\r\n${'x'.repeat(valueBytes)}\r\n`);
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => adopt(accepted, input, value));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' && address !== null ? address.port : 0, server });
    });
  });
}

/** As shards do: only a socket made anew from the accepted one's handle reads into a given buffer. */
function adopt(accepted: Socket, input: Buffer, value: Buffer): void {
  const holder = accepted as unknown as HandleHolder;
  const handle = holder._handle;
  if (handle === null) return;
  holder._handle = null;
  accepted.destroy();
  const replies = new Replies(value);
  const skimmer = new CommandSkimmer((isGet) => replies.add(isGet));
  const options: SocketConstructorOpts & HandleOptions = {
    handle,
    manualStart: true,
    onread: {
      buffer: input,
      callback: (length, bytes) => {
        skimmer.read(bytes, length);
        replies.writeTo(socket);
        return true;
      },
    },
  };
  const socket = new Socket(options);
  socket.on('error', () => socket.destroy());
  socket.resume();
}

/** What is to be written at the end of a read; all connections write from the same buffer, which the kernel takes at once. */
class Replies {
  static #shared = Buffer.allocUnsafe(outputBytes);
  static readonly #ok = Buffer.from('+OK\r\n');
  readonly #value: Buffer;
  #end = 0;

  constructor(value: Buffer) {
    this.#value = value;
  }

  add(isGet: boolean): void {
    const reply = isGet ? this.#value : Replies.#ok;
    if (this.#end + reply.length > Replies.#shared.length) {
      const longer = Buffer.allocUnsafe(Math.max(this.#end + reply.length, 2 * Replies.#shared.length));
      Replies.#shared.copy(longer, 0, 0, this.#end);
      Replies.#shared = longer;
    }
    Replies.#shared.set(reply, this.#end);
    this.#end += reply.length;
  }

  writeTo(socket: Socket): void {
    if (this.#end === 0) return;
    socket.write(Replies.#shared.subarray(0, this.#end));
    if (socket.writableLength > 0) Replies.#shared = Buffer.allocUnsafe(outputBytes);
    this.#end = 0;
  }
}
