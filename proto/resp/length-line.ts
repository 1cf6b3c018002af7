const minus = 0x2d;
const zero = 0x30;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const mostDigits = 15;

/** The number in the line of a header, `*3` or `$12`; one object is used again and again. */
export class LengthLine {
  value = 0;
  /** Where the line ends. */
  next = 0;

  /** Reads the number behind the type byte at `start`, to `value` and `next`. */
  read(buffer: Buffer, start: number, end: number): 'whole' | 'partial' | 'malformed' {
    let at = start + 1;
    const negative = buffer[at] === minus && at < end;
    if (negative) at++;
    const digits = at;
    let value = 0;
    for (; at < end; at++) {
      const digit = (buffer[at] as number) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at - digits > mostDigits || (at < end && (at === digits || buffer[at] !== carriageReturn))) return 'malformed';
    if (at + 1 >= end) return 'partial';
    if (buffer[at + 1] !== lineFeed) return 'malformed';
    this.value = negative ? -value : value;
    this.next = at + 2;
    return 'whole';
  }
}
