import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { limits } from '@satchel/proto/core';
import { type CommandArgument, CommandEncoder, type Reply, ReplyParser } from '@satchel/proto/resp';
import { type Address, formatAddress } from './address.js';
import type { Argument } from './call.js';
import { ChunkedValue } from './chunked-value.js';
import { keepFreedMemory } from './freed-memory.js';
import { type RingAccess, RingSocket } from './ring/ring-socket.js';

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

/** What a wire needs of a socket, or of what stands in its place. */
interface WireSocket {
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  cork(): void;
  uncork(): void;
  destroy(error?: Error): unknown;
  unref(): unknown;
  on(event: 'drain', listener: () => void): unknown;
  once(event: 'connect' | 'secureConnect' | 'close', listener: () => void): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * A socket that speaks RESP. Everything sent in one turn goes out in one write; input is read into a buffer that is reused, the bytes of a
 * large value straight to their place. Large values are sent from where they lie. The socket never keeps the process alive.
 */
export class Wire {
  /** Commands that were sent in this turn and are not yet written to the socket. */
  unwritten = 0;
  readonly #handler: WireHandler;
  readonly #socket: WireSocket;
  readonly #encoder = new CommandEncoder();
  readonly #parser: ReplyParser;
  /** Large values sent in this turn, and where each belongs between what was encoded. */
  readonly #chunks: Uint8Array[] = [];
  readonly #chunkOffsets: number[] = [];
  #chunkBytes = 0;
  #backlog = false;
  #flushing = false;
  /** Commands in the last write. */
  #lastWritten = 0;
  #closed = false;
  #error: Error | undefined;

  /** With `ring`, the bytes go through shared memory instead of the socket whose path the address has. */
  constructor(address: Address, readBuffer: Buffer, handler: WireHandler, ring?: RingAccess) {
    this.#handler = handler;
    this.#parser = new ReplyParser(handler);
    const input = {
      buffer: (): Buffer => this.#parser.target ?? readBuffer,
      callback: (length: number, buffer: Uint8Array): boolean => this.#read(buffer as Buffer, length, buffer === readBuffer),
    };
    this.#socket = ring === undefined ? open(address, input) : new RingSocket(ring, input);
    this.#socket.once(address.tls ? 'secureConnect' : 'connect', () => handler.onOpen());
    this.#socket.on('drain', () => this.#drained());
    this.#socket.once('error', (error) => {
      this.#error = error;
    });
    this.#socket.once('close', () => this.#close());
    this.#socket.unref();
  }

  /** Whether the bytes go through shared memory. */
  get isRing(): boolean {
    return this.#socket instanceof RingSocket;
  }

  /** Whether the kernel is behind: send no more until `onDrain`. */
  get full(): boolean {
    return this.#backlog || this.#encoder.length + this.#chunkBytes > limits.clientOutputBytes;
  }

  /**
   * Encodes a command. It is written at the end of this turn together with what is sent after it; at once if it is `alone`, nothing else being
   * under way, and the last write held one command too: then it is unlikely that others follow in this turn.
   */
  send(args: readonly Argument[], alone: boolean): void {
    this.#encoder.header(args.length);
    for (let index = 0; index < args.length; index++) this.#argument(args[index] as Argument);
    this.unwritten++;
    if (this.#flushing) return;
    if (alone && this.#lastWritten === 1) {
      this.#write();
    } else {
      this.#flushing = true;
      process.nextTick(flush, this);
    }
  }

  /** Begins a command in which `length` bytes follow `before`, handed over by {@link more}, and then `afterCount` arguments, by {@link end}. */
  begin(before: readonly CommandArgument[], length: number, afterCount: number): void {
    this.#encoder.header(before.length + 1 + afterCount);
    for (const argument of before) this.#encoder.argument(argument);
    this.#encoder.bytesAfterThis(length);
    this.#write();
  }

  /** Sends bytes of the command begun, which are the wire's from now on; false: the kernel is behind, send no more until `onDrain`. */
  more(bytes: Uint8Array): boolean {
    this.#socket.write(bytes);
    this.#backlog = this.#socket.writableLength > limits.clientStreamBytes;
    return !this.#backlog;
  }

  /** Ends the command begun. */
  end(after: readonly CommandArgument[]): void {
    this.#encoder.afterBytes();
    for (const argument of after) this.#encoder.argument(argument);
    this.#write();
  }

  /** Writes what was sent; called at the end of the turn. */
  flush(): void {
    this.#flushing = false;
    if (this.#closed || this.unwritten === 0) return;
    this.#write();
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
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#chunkOffsets.push(this.#encoder.length);
    }
    this.#chunkBytes += length;
    this.#encoder.afterBytes();
  }

  #write(): void {
    this.#lastWritten = this.unwritten;
    this.unwritten = 0;
    const encoder = this.#encoder;
    if (this.#chunks.length > 0) this.#writeChunks(encoder.buffer.subarray(0, encoder.length));
    else this.#socket.write(encoder.buffer.subarray(0, encoder.length));
    // The buffer is free again if the kernel took all of it at once.
    if (this.#socket.writableLength === 0) encoder.clear();
    else encoder.take();
    this.#backlog = this.#socket.writableLength > limits.clientOutputBytes;
  }

  #writeChunks(encoded: Uint8Array): void {
    let from = 0;
    this.#socket.cork();
    for (const [index, chunk] of this.#chunks.entries()) {
      const upTo = this.#chunkOffsets[index] as number;
      if (upTo > from) this.#socket.write(encoded.subarray(from, upTo));
      this.#socket.write(chunk);
      from = upTo;
    }
    this.#socket.write(encoded.subarray(from));
    this.#socket.uncork();
    this.#chunks.length = 0;
    this.#chunkOffsets.length = 0;
    this.#chunkBytes = 0;
  }

  #read(buffer: Buffer, length: number, shared: boolean): boolean {
    try {
      if (shared) this.#parser.feed(buffer, 0, length);
      else this.#readInPlace(length);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  #readInPlace(length: number): void {
    keepFreedMemory();
    this.#parser.received(length);
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

function open(address: Address, onread: OnReadOpts): Socket {
  if (address.socket !== undefined) return connectTcp({ path: address.socket, onread });
  const { host, port } = address;
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000, onread };
  return address.tls ? connectTls({ ...options, servername: serverName(address) }) : connectTcp(options);
}

/** TLS names a server by its host name; an address has none. */
function serverName(address: Address): string {
  return /^[\d.]+$|:/.test(address.host) ? '' : (formatAddress(address).split(':')[0] ?? '');
}
