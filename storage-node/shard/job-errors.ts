import { limits, SatchelError } from '@satchel/proto/core';

/** The error of a value beyond the limit. */
export function tooLargeError(bytes: number): SatchelError {
  return new SatchelError('too-large', `the value would have ${bytes} bytes, the limit is ${limits.valueBytes}`);
}

/** The error of every call on a job that has ended. */
export function endedError(job: string): SatchelError {
  return new SatchelError('no-job', `job ${job} has ended`);
}
