import type { CommandArguments } from './command-arguments.js';

const asterisk = 0x2a;
const dollar = 0x24;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const zero = 0x30;
/** A bulk length of more digits is left to the careful parser. */
const mostDigits = 8;

/**
 * Reads a command of one to nine arguments of at most `limitBytes` that lies whole in `buffer[start, end)`: what nearly every
 * command is. Returns where the next begins; 0 if this is anything else, for a parser that can tell what.
 */
export function wholeCommand(args: CommandArguments, buffer: Buffer, start: number, end: number, limitBytes: number): number {
  if (start + 4 > end || buffer[start] !== asterisk) return 0;
  const count = (buffer[start + 1] as number) - zero;
  if (count < 1 || count > 9 || buffer[start + 2] !== carriageReturn || buffer[start + 3] !== lineFeed) return 0;
  const { starts, ends } = args;
  let at = start + 4;
  for (let index = 0; index < count; index++) {
    // The shortest argument takes six bytes; so what is read of a header lies within the input.
    if (at + 6 > end || buffer[at] !== dollar) return 0;
    const digits = at + 1;
    const last = Math.min(end - 1, digits + mostDigits);
    let length = 0;
    for (at = digits; at < last; at++) {
      const digit = (buffer[at] as number) - zero;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    if (at === digits || buffer[at] !== carriageReturn || buffer[at + 1] !== lineFeed || length > limitBytes) return 0;
    const body = at + 2;
    const bodyEnd = body + length;
    if (bodyEnd + 2 > end || buffer[bodyEnd] !== carriageReturn || buffer[bodyEnd + 1] !== lineFeed) return 0;
    starts[index] = body;
    ends[index] = bodyEnd;
    at = bodyEnd + 2;
  }
  args.count = count;
  return at;
}
