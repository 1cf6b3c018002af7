import { type Verb, verbs } from '@satchel/proto/core';

/** Pushes by which a link answers out of order: `deferred ID` stands in the place of a reply, `reply ID REPLY` brings it. */
export const linkPush = { deferred: 'satchel.deferred', reply: 'satchel.reply' } as const;

/** How SATCHEL.ON names a job: its id, followed by `/VERB` if the token allows no more than that. */
export function linkName(job: string, allowed: readonly Verb[]): string {
  return allowed.length === verbs.length ? job : `${job}/${allowed[0] ?? 'none'}`;
}
