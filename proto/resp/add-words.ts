import type { CommandArguments } from './command-arguments.js';

const space = 0x20;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const backslash = 0x5c;
/** What letters after a backslash stand for in double quotes; any other character stands for itself. */
const escapes: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, a: 0x07 };

/**
 * Adds the words of an inline command: split at blanks, quoted as Redis has it. In double quotes `\xHH`, `\n` and so on are bytes,
 * in single quotes only `\'` is. A quoted word is written out in its own place in `buffer`. False: quotes are not balanced.
 */
export function addWords(args: CommandArguments, buffer: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const word = at;
    while (at < end && (buffer[at] as number) > space && !isQuote(buffer[at])) at++;
    let to = at;
    while (at < end && (buffer[at] as number) > space) {
      const quote = buffer[at] as number;
      if (!isQuote(quote)) {
        buffer[to++] = quote;
        at++;
        continue;
      }
      const part = unquote(buffer, at, end, to);
      if (part === undefined) return false;
      ({ at, to } = part);
    }
    if (at > word) args.add(word, to);
    else at++;
  }
  return true;
}

const isQuote = (byte: number | undefined): boolean => byte === doubleQuote || byte === singleQuote;

/** Writes what stands in the quotes that open at `at` to `to`, which lies before; undefined unless they close before a blank or the end. */
function unquote(buffer: Buffer, open: number, end: number, target: number): { at: number; to: number } | undefined {
  const quote = buffer[open];
  let to = target;
  let at = open + 1;
  while (at < end && buffer[at] !== quote) {
    const escaped = buffer[at] === backslash ? escapedAt(buffer, at + 1, end, quote === doubleQuote) : undefined;
    buffer[to++] = escaped?.byte ?? (buffer[at] as number);
    at += 1 + (escaped?.length ?? 0);
  }
  const next = at + 1;
  return at < end && (next === end || (buffer[next] as number) <= space) ? { at: next, to } : undefined;
}

/** The byte that what follows a backslash stands for, and its length; undefined: the backslash stands for itself. */
function escapedAt(buffer: Buffer, at: number, end: number, double: boolean): { byte: number; length: number } | undefined {
  if (at >= end) return undefined;
  const byte = buffer[at] as number;
  if (!double) return byte === singleQuote ? { byte, length: 1 } : undefined;
  const hexadecimal = /^x([0-9a-f]{2})$/i.exec(buffer.toString('latin1', at, Math.min(end, at + 3)));
  if (hexadecimal) return { byte: Number.parseInt(hexadecimal[1] as string, 16), length: 3 };
  return { byte: escapes[String.fromCharCode(byte)] ?? byte, length: 1 };
}
