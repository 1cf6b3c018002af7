import { limits } from '../core/index.js';
import { marker } from './reply.js';
import { aggregateLengthAt, bulkLengthAt, lineFeedAfter, malformed } from './reply-header.js';

/** What a {@link ReplyFramer} calls back. The bytes are only borrowed: they are valid until the call returns. */
export interface FrameHandler {
  /** A whole reply, encoded. It is an error reply if its first byte is `-` or `!`. */
  onFrame(buffer: Buffer, start: number, end: number): void;
  /** A whole push, encoded; it answers no command. Decode it with `decodeReply`. */
  onPushFrame(buffer: Buffer, start: number, end: number): void;
}

/**
 * Cuts a stream of RESP replies into top-level replies without decoding them, so that a link can pass on what another shard
 * answered byte for byte. It counts how many elements are outstanding instead of building them, skips over strings of any size, and
 * tells pushes apart because they answer no command. A reply that lies whole in the input is handed over in place; one that arrives in
 * pieces is gathered in a buffer that grows to the size its strings announce, so each byte is copied once.
 */
export class ReplyFramer {
  readonly #handler: FrameHandler;
  /** Bytes of the reply under way from earlier input. */
  #gathered: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Elements still to come in the reply under way; 0 between replies. */
  #outstanding = 0;
  /** Bytes of the string under way, its line end included. */
  #skip = 0;
  /** Bytes of an incomplete line at the end of `#gathered`. */
  #lineBytes = 0;
  #push = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Takes `buffer[start, end)`, which the caller may overwrite afterwards. Throws `internal` or `too-large` like ReplyParser. */
  feed(buffer: Buffer, start: number, end: number): void {
    let from = start;
    let at = start;
    while (at < end) {
      at = this.#skip > 0 ? this.#skipString(at, end) : this.#line(buffer, from, at, end);
      if (this.#outstanding === 0 && this.#skip === 0 && this.#lineBytes === 0) {
        this.#deliver(buffer, from, at);
        from = at;
      }
    }
    if (from < end) this.#gather(buffer, from, end);
  }

  #skipString(at: number, end: number): number {
    const taken = Math.min(this.#skip, end - at);
    this.#skip -= taken;
    return at + taken;
  }

  /** Takes the line at `at`, or what there is of it. */
  #line(buffer: Buffer, from: number, at: number, end: number): number {
    const lineFeed = lineFeedAfter(buffer, at, end);
    if (lineFeed < 0) {
      this.#lineBytes += end - at;
      if (this.#lineBytes > limits.inlineBytes) throw malformed(`a line of more than ${limits.inlineBytes} bytes`);
      return end;
    }
    if (this.#lineBytes === 0) this.#header(buffer, at, lineFeed);
    else this.#splitHeader(buffer, from, lineFeed);
    this.#lineBytes = 0;
    return lineFeed + 1;
  }

  /** A line that began in earlier input; all of this input up to its end belongs to it. */
  #splitHeader(buffer: Buffer, from: number, lineFeed: number): void {
    const before = this.#gathered.subarray(this.#length - this.#lineBytes, this.#length);
    const line = Buffer.concat([before, buffer.subarray(from, lineFeed + 1)]);
    this.#header(line, 0, line.length - 1);
  }

  #header(buffer: Buffer, at: number, lineFeed: number): void {
    if (buffer[lineFeed - 1] !== marker.carriageReturn) throw malformed('a bare line feed');
    const type = buffer[at] as number;
    const top = this.#outstanding === 0;
    if (top) {
      this.#outstanding = 1;
      this.#push = type === marker.push;
    }
    switch (type) {
      case marker.bulk:
      case marker.verbatim:
      case marker.bulkError: {
        const length = bulkLengthAt(buffer, at + 1, lineFeed - 1);
        if (length >= 0) this.#skip = length + 2;
        break;
      }
      case marker.array:
      case marker.set:
      case marker.push:
        if (type === marker.push && !top) throw malformed('a push inside a reply');
        this.#outstanding += Math.max(0, aggregateLengthAt(buffer, at + 1, lineFeed - 1));
        break;
      case marker.map:
        this.#outstanding += Math.max(0, aggregateLengthAt(buffer, at + 1, lineFeed - 1)) * 2;
        break;
      case marker.attribute:
        // An attribute stands before the element it describes: it does not count as that element.
        this.#outstanding += Math.max(0, aggregateLengthAt(buffer, at + 1, lineFeed - 1)) * 2 + 1;
        break;
      case marker.simple:
      case marker.error:
      case marker.integer:
      case marker.null:
      case marker.boolean:
      case marker.double:
      case marker.bigNumber:
        break;
      default:
        throw malformed(`a reply of type 0x${type.toString(16)}`);
    }
    this.#outstanding--;
  }

  #deliver(buffer: Buffer, from: number, at: number): void {
    let bytes = buffer;
    let start = from;
    let end = at;
    if (this.#length > 0) {
      this.#gather(buffer, from, at);
      bytes = this.#gathered;
      start = 0;
      end = this.#length;
      this.#length = 0;
      // A large reply's buffer goes with it; a small one is kept for the next.
      if (bytes.length > limits.keptBufferBytes) this.#gathered = Buffer.alloc(0);
    }
    if (this.#push) this.#handler.onPushFrame(bytes, start, end);
    else this.#handler.onFrame(bytes, start, end);
  }

  #gather(buffer: Buffer, from: number, to: number): void {
    const needed = this.#length + to - from + this.#skip;
    if (needed > this.#gathered.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 1024, this.#outstanding > 0 ? this.#gathered.length * 2 : 0));
      this.#gathered.copy(larger, 0, 0, this.#length);
      this.#gathered = larger;
    }
    buffer.copy(this.#gathered, this.#length, from, to);
    this.#length += to - from;
  }
}
