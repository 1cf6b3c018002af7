import { constants } from 'node:buffer';
import { SatchelError } from '@satchel/proto/core';
import type { Argument, CallOptions } from '../call.js';
import { readStriped } from './stripe-reader.js';
import type { StripeStore } from './stripe-store.js';
import { decodeMaybeStriped, StripedValue } from './striped-value.js';

/** Times a read begins anew with the object that has replaced the one it was reading. */
const fetchAttempts = 4;

/**
 * Fetches a striped value that `command` was answered with. If it is replaced meanwhile the command is repeated; `gone` if that
 * happens again and again. Undefined: it was removed.
 */
export async function fetchStriped(
  store: StripeStore,
  value: StripedValue,
  command: readonly Argument[],
  options: CallOptions | undefined,
): Promise<Buffer | undefined> {
  let found: Buffer | StripedValue | undefined = value;
  for (let attempt = 1; found instanceof StripedValue; attempt++) {
    try {
      return await readStriped(store, found, options);
    } catch (error) {
      if (!(error instanceof SatchelError) || error.code !== 'gone' || attempt === fetchAttempts) throw error;
      found = await store.call(value.key, command, decodeMaybeStriped, true, options);
    }
  }
  return found;
}

/** A value as UTF-8 text; throws `too-large` if no string can be so long. */
export function textOf(value: Buffer): string {
  if (value.length <= constants.MAX_STRING_LENGTH) return value.toString();
  throw new SatchelError('too-large', `the value has ${value.length} bytes, too many for text; get it as a buffer`);
}
