import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { limits } from '@satchel/proto/core';
import { CommandEncoder, type Reply, ReplyParser } from '@satchel/proto/resp';
import { type Address, formatAddress } from './address.js';
import type { Argument } from './call.js';
import { ChunkedValue } from './chunked-value.js';

/** Values from this size on are sent from where they lie instead of being copied. */
const largeValueBytes = 32 * 1024;

/** What happens on a wire, in order: open, then replies and pushes, then closed. */
export interface WireHandler {
  onOpen(): void;
  onReply(reply: Reply): void;
  onPush(message: readonly Reply[]): void;
  /** Everything sent so far is with the kernel, or nearly: more may be sent. */
  onDrain(): void;
  /** The socket is gone; called once, also after `destroy`. */
  onClosed(error: Error | undefined): void;
}

/**
 * A socket that speaks RESP. Everything sent in one turn goes out in one write; input is read into a buffer that is reused. The socket
 * never keeps the process alive.
 */
export class Wire {
  /** Commands that were sent in this turn and are not yet written to the socket. */
  unwritten = 0;
  readonly #handler: WireHandler;
  readonly #socket: Socket;
  readonly #encoder = new CommandEncoder();
  readonly #parser: ReplyParser;
  /** What comes before the encoder's content when large values are sent in this turn. */
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #backlog = false;
  #flushing = false;
  #closed = false;
  #error: Error | undefined;

  constructor(address: Address, readBuffer: Buffer, handler: WireHandler) {
    this.#handler = handler;
    this.#parser = new ReplyParser(handler);
    this.#socket = open(address, readBuffer, (length) => this.#read(readBuffer, length));
    this.#socket.once(address.tls ? 'secureConnect' : 'connect', () => handler.onOpen());
    this.#socket.on('drain', () => this.#drained());
    this.#socket.once('error', (error) => {
      this.#error = error;
    });
    this.#socket.once('close', () => this.#close());
    this.#socket.unref();
  }

  /** Whether the kernel is behind: send no more until `onDrain`. */
  get full(): boolean {
    return this.#backlog || this.#encoder.length + this.#chunkBytes > limits.clientOutputBytes;
  }

  /** Encodes a command; it is written at the end of this turn. */
  send(args: readonly Argument[]): void {
    this.#encoder.header(args.length);
    for (let index = 0; index < args.length; index++) this.#argument(args[index] as Argument);
    this.unwritten++;
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(flush, this);
  }

  /** Writes what was sent; called at the end of the turn. */
  flush(): void {
    this.#flushing = false;
    if (this.#closed || this.unwritten === 0) return;
    this.unwritten = 0;
    const encoder = this.#encoder;
    const rest = encoder.buffer.subarray(0, encoder.length);
    if (this.#chunks.length > 0) this.#writeChunks(rest);
    else this.#socket.write(rest);
    // The buffer is free again if the kernel took all of it at once.
    if (this.#socket.writableLength === 0) encoder.clear();
    else encoder.take();
    this.#backlog = this.#socket.writableLength > limits.clientOutputBytes;
    if (!this.#backlog) this.#handler.onDrain();
  }

  /** Closes the socket at once; nothing is called back but `onClosed`, later. */
  destroy(error?: Error): void {
    this.#parser.stop();
    this.#error ??= error;
    this.#socket.destroy();
  }

  #argument(value: Argument): void {
    if (value instanceof ChunkedValue) this.#large(value.chunks, value.length);
    else if (value instanceof Uint8Array && value.length >= largeValueBytes) this.#large([value], value.length);
    else this.#encoder.argument(value);
  }

  #large(chunks: readonly Uint8Array[], length: number): void {
    this.#encoder.bytesAfterThis(length);
    this.#chunks.push(this.#encoder.take());
    for (const chunk of chunks) this.#chunks.push(chunk);
    this.#chunkBytes += length;
    this.#encoder.afterBytes();
  }

  #writeChunks(rest: Uint8Array): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#socket.cork();
    for (const chunk of chunks) this.#socket.write(chunk);
    this.#socket.write(rest);
    this.#socket.uncork();
  }

  #read(buffer: Buffer, length: number): boolean {
    try {
      this.#parser.feed(buffer, 0, length);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  #drained(): void {
    this.#backlog = false;
    if (!this.#closed) this.#handler.onDrain();
  }

  #close(): void {
    this.#closed = true;
    this.#parser.stop();
    this.#handler.onClosed(this.#error);
  }
}

function flush(wire: Wire): void {
  wire.flush();
}

function open(address: Address, buffer: Buffer, onRead: (length: number) => boolean): Socket {
  const onread = { buffer, callback: onRead };
  if (address.socket !== undefined) return connectTcp({ path: address.socket, onread });
  const { host, port } = address;
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000, onread };
  return address.tls ? connectTls({ ...options, servername: serverName(address) }) : connectTcp(options);
}

/** TLS names a server by its host name; an address has none. */
function serverName(address: Address): string {
  return /^[\d.]+$|:/.test(address.host) ? '' : (formatAddress(address).split(':')[0] ?? '');
}
