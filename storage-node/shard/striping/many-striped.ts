import { limits, SatchelError } from '@satchel/proto/core';
import type { CommandContext } from '../command.js';
import { assembled } from './assembly.js';
import type { StripedValue } from './striped-value.js';

/** A value that was found, or what is needed to fetch it; undefined: none. */
export type MaybeStriped = Buffer | StripedValue | undefined;

/**
 * Puts the striped ones of several values together, one after another; for another shard leaves them as they are. Throws `too-large` if they
 * exceed together what one value may have.
 */
export async function allAssembled(
  { job, session }: CommandContext,
  values: readonly MaybeStriped[],
): Promise<readonly MaybeStriped[]> {
  if (session.mode === 'link' || values.every((value) => value === undefined || Buffer.isBuffer(value))) return values;
  assertFit(values);
  const found: MaybeStriped[] = [];
  for (const value of values) found.push(value === undefined || Buffer.isBuffer(value) ? value : await assembled(job, value));
  return found;
}

/** Throws `too-large` if the striped values exceed together what one value may have. */
export function assertFit(values: readonly MaybeStriped[]): void {
  const bytes = values.reduce((sum, value) => sum + (value === undefined || Buffer.isBuffer(value) ? 0 : value.size), 0);
  if (bytes <= limits.valueBytes) return;
  throw new SatchelError(
    'too-large',
    `the striped values have ${bytes} bytes together, the limit is ${limits.valueBytes}; ask for fewer`,
  );
}
