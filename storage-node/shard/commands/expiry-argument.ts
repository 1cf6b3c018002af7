import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import { integerArgument } from './arguments.js';

/** How a command's argument gives a time: as duration or point in time, in seconds or milliseconds. */
export type TimeUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT';

/** Whether an option of SET and its like gives a time. */
export function isTimeUnit(option: string): option is TimeUnit {
  return option === 'EX' || option === 'PX' || option === 'EXAT' || option === 'PXAT';
}

/** Times beyond this overflow in Redis. */
const latestMs = 2 ** 63;

/** An argument as milliseconds since the Unix epoch; may be past, and below 0. Throws Redis's error if it overflows. */
export function expiryArgument(args: CommandArguments, index: number, unit: TimeUnit, nowMs: number, command: string): number {
  const value = integerArgument(args, index);
  const ms = unit === 'EX' || unit === 'EXAT' ? value * 1000 : value;
  const expiresAtMs = unit === 'EX' || unit === 'PX' ? ms + nowMs : ms;
  if (Math.abs(ms) >= latestMs || expiresAtMs >= latestMs) throw invalidExpiry(command);
  return expiresAtMs;
}

/** As {@link expiryArgument} for commands that take no time of 0 or less. */
export function positiveExpiryArgument(
  args: CommandArguments,
  index: number,
  unit: TimeUnit,
  nowMs: number,
  command: string,
): number {
  if (integerArgument(args, index) <= 0) throw invalidExpiry(command);
  return expiryArgument(args, index, unit, nowMs, command);
}

function invalidExpiry(command: string): SatchelError {
  return new SatchelError('invalid-argument', `invalid expire time in '${command}' command`);
}
