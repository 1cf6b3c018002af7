import { SatchelError } from '@satchel/proto/core';
import { describe, type Pending } from './call.js';

/** What a shard says that refuses a connection now and may take it later. */
const passing = /^(UNAVAILABLE|LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|OOM)( |$)|^ERR max number of clients/;

/** Why a shard refuses the credentials or the greeting for good; undefined if it is worth asking again. */
export function finalRefusal(line: string): SatchelError | undefined {
  return passing.test(line) ? undefined : SatchelError.fromRespLine(line);
}

/** A shard has not been reached within the time allowed; `cause` is what happened last. */
export function unreachable(shard: string, cause: Error | undefined): SatchelError {
  const why = cause === undefined ? 'the connection was closed' : cause.message;
  return new SatchelError('unavailable', `shard ${shard} cannot be reached: ${why}`, { cause });
}

/** The connection broke after the call was sent and before it was answered. */
export function brokenOff(shard: string, call: Pending, now: number, cause: Error | undefined): SatchelError {
  const what = describe(call, now);
  return new SatchelError(
    'unknown-outcome',
    `the connection to ${shard} broke before ${what} was answered; it may or may not have happened`,
    { cause },
  );
}

/** The call's time limit has passed. */
export function overdue(shard: string, call: Pending, now: number): SatchelError {
  const what = `${describe(call, now)} on ${shard}`;
  if (call.sent && !call.repeatable) {
    return new SatchelError('unknown-outcome', `${what} was not answered in time; it may or may not have happened`);
  }
  return new SatchelError('timeout', `${what} did not end in time`);
}
