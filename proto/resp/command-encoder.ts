import { limits } from '../core/index.js';

/** One argument of a command: text goes as UTF-8, a number as decimal digits, bytes as they are. */
export type CommandArgument = string | number | Uint8Array;

const dollar = 0x24;
const asterisk = 0x2a;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const zero = 0x30;
/** Longer text is measured and written by native code. */
const shortTextCharacters = 96;
/** Room for a type byte, a length and line ends. */
const headerBytes = 24;

/**
 * Encodes commands one after another into one buffer that is reused and grows. `buffer[0, length)` is what was encoded
 * since `clear` or `take`; read `buffer` anew after each call.
 */
export class CommandEncoder {
  buffer: Buffer;
  length = 0;

  constructor(initialBytes = 16 * 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Encodes one whole command. */
  command(args: readonly CommandArgument[]): void {
    this.header(args.length);
    for (let index = 0; index < args.length; index++) this.argument(args[index] as CommandArgument);
  }

  /** Begins a command of `count` arguments, its name included; exactly that many calls for arguments follow. */
  header(count: number): void {
    this.#lengthLine(asterisk, count);
  }

  argument(value: CommandArgument): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.text(String(value));
    else this.bytes(value);
  }

  text(text: string): void {
    if (text.length > shortTextCharacters || !this.#shortText(text)) this.#longText(text);
  }

  /** Writes text if it is ASCII; false, and nothing written, if it is not. */
  #shortText(text: string): boolean {
    this.#reserve(text.length + 2 * headerBytes);
    const start = this.length;
    this.#lengthLine(dollar, text.length);
    const buffer = this.buffer;
    let at = this.length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        this.length = start;
        return false;
      }
      buffer[at++] = code;
    }
    this.length = at;
    this.#lineEnd();
    return true;
  }

  bytes(bytes: Uint8Array): void {
    this.bytesAfterThis(bytes.length);
    this.#reserve(bytes.length + headerBytes);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    this.#lineEnd();
  }

  /** Only the header of an argument of `length` bytes: the caller sends the bytes by itself, then goes on with {@link afterBytes}. */
  bytesAfterThis(length: number): void {
    this.#lengthLine(dollar, length);
  }

  /** The line end after bytes that were sent apart. */
  afterBytes(): void {
    this.#reserve(headerBytes);
    this.#lineEnd();
  }

  /** Commands that are already encoded. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Forgets what was encoded and reuses the buffer: nobody may hold it any longer. */
  clear(): void {
    this.length = 0;
    if (this.buffer.length > limits.keptBufferBytes) this.buffer = Buffer.allocUnsafeSlow(limits.keptBufferBytes);
  }

  /** Hands over the encoded bytes for good and goes on with a new buffer. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.length);
    this.buffer = Buffer.allocUnsafeSlow(Math.min(this.buffer.length, limits.keptBufferBytes));
    this.length = 0;
    return taken;
  }

  #longText(text: string): void {
    const byteLength = Buffer.byteLength(text);
    this.#reserve(byteLength + 2 * headerBytes);
    this.#lengthLine(dollar, byteLength);
    this.buffer.write(text, this.length, byteLength === text.length ? 'latin1' : 'utf8');
    this.length += byteLength;
    this.#lineEnd();
  }

  #lengthLine(type: number, length: number): void {
    this.#reserve(headerBytes);
    const buffer = this.buffer;
    buffer[this.length++] = type;
    let digits = 1;
    for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    let rest = length;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      buffer[at] = zero + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.length += digits;
    this.#lineEnd();
  }

  #lineEnd(): void {
    this.buffer[this.length++] = carriageReturn;
    this.buffer[this.length++] = lineFeed;
  }

  /** Makes room for `more` bytes. */
  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** One command as bytes of its own. For more than a few, use a {@link CommandEncoder}. */
export function encodeCommand(args: readonly CommandArgument[]): Buffer {
  const encoder = new CommandEncoder(256);
  encoder.command(args);
  return encoder.take();
}
