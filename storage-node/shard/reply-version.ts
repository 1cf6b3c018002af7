import { SatchelError } from '@satchel/proto/core';
import type { ReplyBuffer } from '@satchel/proto/resp';

const dollar = 0x24;
const asterisk = 0x2a;
const percent = 0x25;
const tilde = 0x7e;
const greater = 0x3e;
const underscore = 0x5f;
const hash = 0x23;
const comma = 0x2c;
const minus = 0x2d;
const lineFeed = 0x0a;
const zero = 0x30;

/** Appends replies that another shard wrote in RESP3, in the version of `output`. They are whole and well formed. */
export function appendReply(output: ReplyBuffer, bytes: Buffer, start: number, end: number): void {
  const type = bytes[start];
  const alike = type !== asterisk && type !== percent && type !== underscore && type !== tilde && type !== hash && type !== comma;
  if (output.version === 3 || alike) output.raw(bytes.subarray(start, end));
  else for (let at = start; at < end; ) at = appendAsVersion2(output, bytes, at);
}

/** Appends one header with its string; elements of aggregates follow by themselves. Returns where the next begins. */
function appendAsVersion2(output: ReplyBuffer, bytes: Buffer, at: number): number {
  const lineEnd = bytes.indexOf(lineFeed, at) + 1;
  switch (bytes[at]) {
    case underscore:
      output.nil();
      return lineEnd;
    case percent:
      output.array(lengthAt(bytes, at) * 2);
      return lineEnd;
    case tilde:
    case greater:
      output.array(lengthAt(bytes, at));
      return lineEnd;
    case hash:
      output.integer(bytes[at + 1] === 0x74 ? 1 : 0);
      return lineEnd;
    case comma:
      output.text(bytes.toString('latin1', at + 1, lineEnd - 2));
      return lineEnd;
    default: {
      const next = bytes[at] === dollar ? lineEnd + bodyBytes(lengthAt(bytes, at)) : lineEnd;
      output.raw(bytes.subarray(at, next));
      return next;
    }
  }
}

/** Where the value at `at` ends, its elements included. */
export function endOfReply(bytes: Buffer, start: number): number {
  let at = start;
  for (let outstanding = 1; outstanding > 0; outstanding--) {
    const type = bytes[at];
    const lineEnd = bytes.indexOf(lineFeed, at) + 1;
    if (lineEnd === 0) throw new SatchelError('internal', 'a reply of another shard ends too early');
    const length = type === dollar || isAggregate(type) ? lengthAt(bytes, at) : 0;
    if (type === dollar) at = lineEnd + bodyBytes(length);
    else {
      at = lineEnd;
      outstanding += Math.max(0, type === percent ? length * 2 : length);
    }
  }
  return at;
}

/** Where the first element of the aggregate at `at` begins. */
export function firstElement(bytes: Buffer, at: number): number {
  return bytes.indexOf(lineFeed, at) + 1;
}

/** The number behind the type byte at `at`. */
export function lengthAt(bytes: Buffer, at: number): number {
  let index = at + 1;
  const negative = bytes[index] === minus;
  if (negative) index++;
  let value = 0;
  for (let digit = (bytes[index] as number) - zero; digit >= 0 && digit <= 9; digit = (bytes[++index] as number) - zero) {
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** The text of a string or integer element. */
export function wordAt(bytes: Buffer, start: number, end: number): string {
  if (bytes[start] !== dollar) return bytes.toString('latin1', start + 1, end - 2);
  const body = firstElement(bytes, start);
  return bytes.toString('latin1', body, body + lengthAt(bytes, start));
}

/** Whether a reply is an error. */
export function isError(bytes: Buffer, start: number): boolean {
  return bytes[start] === minus;
}

const moved = '-MOVED ';

/** Whether a reply is the error that sends a client to another shard. */
export function isMoved(bytes: Buffer, start: number, end: number): boolean {
  return end - start > moved.length && bytes[start] === minus && bytes.toString('latin1', start, start + moved.length) === moved;
}

function isAggregate(type: number | undefined): boolean {
  return type === asterisk || type === percent || type === tilde || type === greater;
}

function bodyBytes(length: number): number {
  return length < 0 ? 0 : length + 2;
}
