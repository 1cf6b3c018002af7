import type { CommandArguments } from './command-arguments.js';

/** Adds the words of an inline command, which are split at blanks. Quotes have no meaning: programs use arrays. */
export function addWords(args: CommandArguments, buffer: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end) {
    while (at < end && (buffer[at] as number) <= 0x20) at++;
    const word = at;
    while (at < end && (buffer[at] as number) > 0x20) at++;
    if (at > word) args.add(word, at);
  }
}
