import { limits } from '../core/index.js';
import { marker, type Reply, ReplyError } from './reply.js';
import { aggregateLengthAt, bulkLengthAt, integerAt, lineFeedAfter, malformed } from './reply-header.js';

/** What a {@link ReplyParser} calls back, in the order of the stream. */
export interface ReplyHandler {
  onReply(reply: Reply): void;
  /** An out-of-band message: `message[0]` is its kind. It answers no command. */
  onPush(message: readonly Reply[]): void;
}

/** An aggregate whose elements are still arriving. */
interface OpenAggregate {
  readonly type: number;
  readonly items: Reply[];
  remaining: number;
}

const noBytes = Buffer.alloc(0);
/** From this many missing bytes on, a string is worth reading from the socket straight to its place. */
const targetBytes = 16 * 1024;

/**
 * Decodes a stream of RESP2 or RESP3 replies that arrives in pieces cut at any byte. Keeps no reference to the buffers it is fed:
 * what it hands over owns its bytes. A bulk string that arrives in several pieces is gathered in one allocation of its announced size, and
 * {@link target} lets a socket read straight into it.
 */
export class ReplyParser {
  readonly #handler: ReplyHandler;
  readonly #open: OpenAggregate[] = [];
  /** The beginning of a line whose end has not arrived. */
  #line: Buffer = noBytes;
  /** The bulk string under way, with room for its line end; `#filled` counts the bytes of both. */
  #bulk: Buffer | undefined;
  #bulkType: number = marker.bulk;
  #filled = 0;
  #stopped = false;

  constructor(handler: ReplyHandler) {
    this.#handler = handler;
  }

  /**
   * Takes `buffer[start, end)`, which the caller may overwrite afterwards. Throws `internal` on what is not RESP and
   * `too-large` on what exceeds a limit; the parser is of no use after that.
   */
  feed(buffer: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && !this.#stopped) {
      at = this.#bulk === undefined ? this.#element(buffer, at, end) : this.#continueBulk(this.#bulk, buffer, at, end);
    }
  }

  /**
   * The memory that the next input belongs to, if it is the rest of a large string: whoever reads it there instead of feeding it tells
   * {@link received}. Valid until the next call of either.
   */
  get target(): Buffer | undefined {
    const bulk = this.#bulk;
    return bulk !== undefined && bulk.length - this.#filled >= targetBytes ? bulk.subarray(this.#filled) : undefined;
  }

  /** The first `length` bytes of {@link target} hold the next input. Throws like {@link feed}. */
  received(length: number): void {
    const bulk = this.#bulk;
    if (this.#stopped || bulk === undefined) return;
    this.#filled += length;
    if (this.#filled === bulk.length) this.#endBulk(bulk);
  }

  /** Calls nothing back any more, also when called from within a callback. */
  stop(): void {
    this.#stopped = true;
  }

  /** Whether nothing incomplete is held. */
  get atBoundary(): boolean {
    return this.#open.length === 0 && this.#bulk === undefined && this.#line.length === 0;
  }

  #element(buffer: Buffer, at: number, end: number): number {
    const lineFeed = lineFeedAfter(buffer, at, end);
    if (this.#line.length > 0 || lineFeed < 0) return this.#splitLine(buffer, at, end, lineFeed);
    if (buffer[at] === marker.bulk && this.#open.length === 0) {
      checkLineEnd(buffer, lineFeed);
      const length = bulkLengthAt(buffer, at + 1, lineFeed - 1);
      if (length >= 0 && lineFeed + 1 + length + 2 <= end) return this.#wholeBulk(buffer, lineFeed + 1, length);
    }
    this.#header(buffer, at, lineFeed);
    return lineFeed + 1;
  }

  /** A top-level bulk string that lies whole in the input: by far the most frequent reply that carries bytes. */
  #wholeBulk(buffer: Buffer, start: number, length: number): number {
    const end = start + length;
    checkLineEnd(buffer, end + 1);
    const bytes = Buffer.allocUnsafe(length);
    buffer.copy(bytes, 0, start, end);
    this.#handler.onReply(bytes);
    return end + 2;
  }

  #splitLine(buffer: Buffer, at: number, end: number, lineFeed: number): number {
    const upTo = lineFeed < 0 ? end : lineFeed + 1;
    const line = Buffer.concat([this.#line, buffer.subarray(at, upTo)]);
    if (line.length > limits.inlineBytes) throw malformed(`a line of more than ${limits.inlineBytes} bytes`);
    this.#line = lineFeed < 0 ? line : noBytes;
    if (lineFeed >= 0) this.#header(line, 0, line.length - 1);
    return upTo;
  }

  /** Takes the line `buffer[at, lineFeed]`. */
  #header(buffer: Buffer, at: number, lineFeed: number): void {
    checkLineEnd(buffer, lineFeed);
    const type = buffer[at] as number;
    const start = at + 1;
    const end = lineFeed - 1;
    switch (type) {
      case marker.bulk:
      case marker.verbatim:
      case marker.bulkError:
        this.#beginBulk(type, bulkLengthAt(buffer, start, end));
        break;
      case marker.array:
      case marker.set:
      case marker.map:
      case marker.push:
      case marker.attribute:
        this.#beginAggregate(type, aggregateLengthAt(buffer, start, end));
        break;
      default:
        this.#emit(lineValue(type, buffer, start, end));
    }
  }

  #beginBulk(type: number, length: number): void {
    if (length < 0) {
      this.#emit(null);
      return;
    }
    this.#bulk = Buffer.allocUnsafe(length + 2);
    this.#bulkType = type;
    this.#filled = 0;
  }

  #continueBulk(bulk: Buffer, buffer: Buffer, start: number, end: number): number {
    const upTo = Math.min(end, start + bulk.length - this.#filled);
    buffer.copy(bulk, this.#filled, start, upTo);
    this.#filled += upTo - start;
    if (this.#filled === bulk.length) this.#endBulk(bulk);
    return upTo;
  }

  #endBulk(bulk: Buffer): void {
    const length = bulk.length - 2;
    if (bulk[length] !== marker.carriageReturn || bulk[length + 1] !== marker.lineFeed) {
      throw malformed('a string without its line end');
    }
    this.#bulk = undefined;
    this.#emit(this.#bulkValue(bulk.subarray(0, length)));
  }

  #bulkValue(bytes: Buffer): Reply {
    if (this.#bulkType === marker.verbatim) return bytes.toString('utf8', 4);
    return this.#bulkType === marker.bulkError ? new ReplyError(bytes.toString()) : bytes;
  }

  #beginAggregate(type: number, length: number): void {
    if (type === marker.push && this.#open.length > 0) throw malformed('a push inside a reply');
    if (this.#open.length >= limits.replyDepth) throw malformed(`aggregates nested more than ${limits.replyDepth} deep`);
    const remaining = type === marker.map || type === marker.attribute ? length * 2 : length;
    const aggregate: OpenAggregate = { type, items: [], remaining };
    if (length < 0) this.#emit(null);
    else if (length === 0) this.#finish(aggregate);
    else this.#open.push(aggregate);
  }

  /** Hands a complete value to the aggregate it belongs to, or to the handler. */
  #emit(value: Reply): void {
    const parent = this.#open[this.#open.length - 1];
    if (parent === undefined) {
      this.#handler.onReply(value);
      return;
    }
    parent.items.push(value);
    if (--parent.remaining > 0) return;
    this.#open.pop();
    this.#finish(parent);
  }

  #finish({ type, items }: OpenAggregate): void {
    if (type === marker.attribute) return;
    if (type === marker.push) this.#handler.onPush(items);
    else if (type === marker.map) this.#emit(mapOf(items));
    else this.#emit(type === marker.set ? new Set(items) : items);
  }
}

/** Decodes the one reply (or push, as an array) in `buffer[start, end)`, such as a {@link ReplyFramer} hands over. */
export function decodeReply(buffer: Buffer, start = 0, end = buffer.length): Reply {
  let decoded: Reply | undefined;
  const take = (reply: Reply): void => {
    if (decoded !== undefined) throw malformed('more than one reply');
    decoded = reply;
  };
  const parser = new ReplyParser({ onReply: take, onPush: take });
  parser.feed(buffer, start, end);
  if (decoded === undefined || !parser.atBoundary) throw malformed('an incomplete reply');
  return decoded;
}

/** The value of a reply that is one line. */
function lineValue(type: number, buffer: Buffer, start: number, end: number): Reply {
  switch (type) {
    case marker.simple:
      return isOk(buffer, start, end) ? 'OK' : buffer.toString('utf8', start, end);
    case marker.error:
      return new ReplyError(buffer.toString('utf8', start, end));
    case marker.integer:
    case marker.bigNumber:
      return integerAt(buffer, start, end);
    case marker.null:
      return null;
    case marker.boolean:
      return booleanOf(buffer.toString('latin1', start, end));
    case marker.double:
      return doubleOf(buffer.toString('latin1', start, end));
    default:
      throw malformed(`a reply of type 0x${type.toString(16)}`);
  }
}

function checkLineEnd(buffer: Buffer, lineFeed: number): void {
  if (buffer[lineFeed] !== marker.lineFeed || buffer[lineFeed - 1] !== marker.carriageReturn) throw malformed('a bare line feed');
}

function isOk(buffer: Buffer, start: number, end: number): boolean {
  return end - start === 2 && buffer[start] === 0x4f && buffer[start + 1] === 0x4b;
}

function booleanOf(text: string): boolean {
  if (text !== 't' && text !== 'f') throw malformed(`'${text.slice(0, 40)}' for a boolean`);
  return text === 't';
}

function doubleOf(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text)) throw malformed(`'${text.slice(0, 40)}' for a double`);
  return Number(text);
}

function mapOf(items: readonly Reply[]): Map<Reply, Reply> {
  const map = new Map<Reply, Reply>();
  for (let index = 0; index < items.length; index += 2) {
    const key = items[index] as Reply;
    map.set(Buffer.isBuffer(key) ? key.toString() : key, items[index + 1] as Reply);
  }
  return map;
}
