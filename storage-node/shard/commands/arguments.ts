import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { CommandContext } from '../command.js';

const integerPattern = /^(?:0|-?[1-9]\d{0,18})$/;
const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** Whether a whole number fits 64 bits with sign. */
export function isInt64(value: bigint): boolean {
  return value >= int64Min && value <= int64Max;
}

/** Text as a 64-bit integer the way Redis reads it (no sign but `-`, no leading zeros), or undefined. */
export function parseInt64(text: string): bigint | undefined {
  if (!integerPattern.test(text)) return undefined;
  const value = BigInt(text);
  return isInt64(value) ? value : undefined;
}

/** An argument as a 64-bit integer; throws Redis's error if it is none. */
export function int64Argument(args: CommandArguments, index: number): bigint {
  const value = args.end(index) - args.start(index) > 20 ? undefined : parseInt64(args.text(index));
  if (value === undefined) throw notAnInteger();
  return value;
}

/** An argument as a number; beyond 2^53 it is rounded. Throws Redis's error if it is not a 64-bit integer. */
export function integerArgument(args: CommandArguments, index: number): number {
  return Number(int64Argument(args, index));
}

/** An argument that may be 0 or more; `what` names it in the error. */
export function countArgument(args: CommandArguments, index: number, what: string): number {
  const value = integerArgument(args, index);
  if (value < 0) throw new SatchelError('invalid-argument', `${what} is ${value}; it must not be negative`);
  return value;
}

/** The argument as a word of options, upper case. */
export function optionArgument(args: CommandArguments, index: number): string {
  return args.text(index).toUpperCase();
}

/** An argument's bytes as a string of one latin1 character per byte. */
export function latin1Argument(args: CommandArguments, index: number): string {
  return args.buffer.toString('latin1', args.start(index), args.end(index));
}

/** The index of an option's value; throws `syntax error` if the arguments end before it. */
export function valueIndex(args: CommandArguments, option: number): number {
  if (option + 1 >= args.count) throw syntaxError();
  return option + 1;
}

/** Throws `permission-denied` unless the session may read: for a command whose verb is `write` but that returns a value. */
export function assertMayRead({ session }: CommandContext, command: string): void {
  if (session.identity === undefined || session.identity.verbs.includes('read')) return;
  throw new SatchelError('permission-denied', `the token does not allow read, which ${command} needs besides write`);
}

export function syntaxError(): SatchelError {
  return new SatchelError('invalid-argument', 'syntax error');
}

export function notAnInteger(): SatchelError {
  return new SatchelError('invalid-argument', 'value is not an integer or out of range');
}

/** For a command whose number of arguments depends on more than its arity. */
export function wrongArgumentCount(command: string): SatchelError {
  return new SatchelError('invalid-argument', `wrong number of arguments for '${command}' command`);
}
