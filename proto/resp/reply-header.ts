import { limits, SatchelError } from '../core/index.js';
import { marker } from './reply.js';

const minus = 0x2d;
const zero = 0x30;

/** The stream is not RESP, or announces what no limit allows; the connection cannot be used any longer. */
export function malformed(what: string): SatchelError {
  return new SatchelError('internal', `the other side sent ${what}, which is not a RESP reply`);
}

/** Offset of the line feed that ends the line at `at`, or -1 if it is not there yet. Throws if the line is too long or lacks its CR. */
export function lineFeedAfter(buffer: Buffer, at: number, end: number): number {
  // Headers are short: a loop beats a native search, except on long error lines.
  const near = Math.min(end, at + 48);
  let found = -1;
  for (let index = at; index < near; index++) {
    if (buffer[index] === marker.lineFeed) {
      found = index;
      break;
    }
  }
  if (found < 0 && near < end) found = buffer.indexOf(marker.lineFeed, near);
  if (found >= end) found = -1;
  if ((found < 0 ? end : found) - at > limits.inlineBytes) throw malformed(`a line of more than ${limits.inlineBytes} bytes`);
  return found;
}

/** The integer written in `buffer[start, end)`: a number, or a bigint beyond 2^53. */
export function integerAt(buffer: Buffer, start: number, end: number): number | bigint {
  if (end - start > 15) return longInteger(buffer.toString('latin1', start, end));
  const negative = buffer[start] === minus;
  let value = 0;
  let at = negative ? start + 1 : start;
  if (at === end) throw malformed('an empty number');
  for (; at < end; at++) {
    const digit = (buffer[at] as number) - zero;
    if (digit < 0 || digit > 9) return longInteger(buffer.toString('latin1', start, end));
    value = value * 10 + digit;
  }
  return negative && value !== 0 ? -value : value;
}

function longInteger(text: string): number | bigint {
  if (!/^[+-]?\d{1,4096}$/.test(text)) throw malformed(`'${text.slice(0, 40)}' for a number`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The length of a bulk string, -1 for null. Throws `too-large` beyond the value limit. */
export function bulkLengthAt(buffer: Buffer, start: number, end: number): number {
  const length = Number(integerAt(buffer, start, end));
  if (length < -1) throw malformed(`a string of ${length} bytes`);
  if (length > limits.valueBytes) {
    throw new SatchelError('too-large', `a reply announces a string of ${length} bytes, the limit is ${limits.valueBytes}`);
  }
  return length;
}

/** The number of elements of an aggregate, -1 for null. Throws `too-large` beyond the limit. */
export function aggregateLengthAt(buffer: Buffer, start: number, end: number): number {
  const length = Number(integerAt(buffer, start, end));
  if (length < -1) throw malformed(`an aggregate of ${length} elements`);
  if (length > limits.commandArguments) {
    throw new SatchelError('too-large', `a reply announces ${length} elements, the limit is ${limits.commandArguments}`);
  }
  return length;
}
