import { limits } from '../core/index.js';
import type { ReplyWriter, RespVersion } from './reply-writer.js';

const plus = 0x2b;
const minus = 0x2d;
const colon = 0x3a;
const dollar = 0x24;
const asterisk = 0x2a;
const percent = 0x25;
const greater = 0x3e;
const underscore = 0x5f;
const tilde = 0x7e;
const zero = 0x30;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Room for a type byte, a number and line ends. */
const headerBytes = 28;
/** Shorter strings are copied by a loop: it beats the call of native code. */
const shortBytes = 24;

/**
 * Replies encoded one after another into one buffer that is reused and grows: `buffer[0, length)` is what was written since
 * `clear` or `detach`.
 */
export class ReplyBuffer implements ReplyWriter {
  version: RespVersion = 2;
  buffer: Buffer;
  length = 0;
  readonly #initialBytes: number;

  constructor(initialBytes = 16 * 1024) {
    this.#initialBytes = initialBytes;
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  ok(): void {
    this.#reserve(5);
    const { buffer, length } = this;
    buffer[length] = plus;
    buffer[length + 1] = 0x4f;
    buffer[length + 2] = 0x4b;
    buffer[length + 3] = carriageReturn;
    buffer[length + 4] = lineFeed;
    this.length = length + 5;
  }

  simple(text: string): void {
    this.#line(plus, text);
  }

  error(line: string): void {
    this.#line(minus, line);
  }

  integer(value: number): void {
    this.#number(colon, value);
  }

  nil(): void {
    this.#reserve(5);
    if (this.version === 3) this.buffer[this.length++] = underscore;
    else {
      this.buffer[this.length++] = dollar;
      this.buffer[this.length++] = minus;
      this.buffer[this.length++] = zero + 1;
    }
    this.#lineEnd();
  }

  bulk(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const at = this.reserveBulk(end - start);
    const buffer = this.buffer;
    if (end - start <= shortBytes) {
      for (let index = start, to = at; index < end; index++, to++) buffer[to] = bytes[index] as number;
    } else if (start === 0 && end === bytes.length) buffer.set(bytes, at);
    else buffer.set(bytes.subarray(start, end), at);
  }

  text(text: string): void {
    const byteLength = Buffer.byteLength(text);
    const at = this.reserveBulk(byteLength);
    if (byteLength === text.length) this.buffer.write(text, at, 'latin1');
    else this.buffer.write(text, at);
  }

  array(length: number): void {
    this.#number(asterisk, length);
  }

  nilArray(): void {
    if (this.version === 3) this.nil();
    else this.#number(asterisk, -1);
  }

  set(length: number): void {
    this.#number(this.version === 3 ? tilde : asterisk, length);
  }

  map(pairs: number): void {
    if (this.version === 3) this.#number(percent, pairs);
    else this.#number(asterisk, pairs * 2);
  }

  push(length: number): void {
    this.#number(this.version === 3 ? greater : asterisk, length);
  }

  reserveBulk(length: number): number {
    this.#reserve(length + headerBytes);
    this.#number(dollar, length);
    const at = this.length;
    this.length = at + length;
    this.#lineEnd();
    return at;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written since `clear` or `detach`; valid until the next call of a writing method. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Forgets what was written beyond `length`. */
  truncate(length: number): void {
    this.length = length;
  }

  /** Forgets what was written and reuses the memory: nobody may hold it any longer. */
  clear(): void {
    this.length = 0;
    if (this.buffer.length > limits.keptBufferBytes) this.buffer = Buffer.allocUnsafeSlow(this.#initialBytes);
  }

  /** Hands over what was written for good and goes on with new memory. */
  detach(): Buffer {
    const bytes = this.bytes;
    this.buffer = Buffer.allocUnsafeSlow(this.#initialBytes);
    this.length = 0;
    return bytes;
  }

  #line(type: number, text: string): void {
    this.#reserve(text.length * 3 + 3);
    this.buffer[this.length++] = type;
    this.length += this.buffer.write(text, this.length);
    this.#lineEnd();
  }

  #number(type: number, value: number): void {
    this.#reserve(headerBytes);
    this.buffer[this.length++] = type;
    if (value >= 0 && value < 0x7fffffff) this.#digits(value);
    else this.length += this.buffer.write(String(value), this.length, 'latin1');
    this.#lineEnd();
  }

  /** Decimal digits of a whole number below 2^31. */
  #digits(value: number): void {
    const buffer = this.buffer;
    let end = this.length + 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
    let rest = value;
    for (let at = end - 1; at >= this.length; at--) {
      const quotient = (rest / 10) | 0;
      buffer[at] = zero + rest - quotient * 10;
      rest = quotient;
    }
    this.length = end;
  }

  #lineEnd(): void {
    this.buffer[this.length] = carriageReturn;
    this.buffer[this.length + 1] = lineFeed;
    this.length += 2;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
