import { verbs } from '@satchel/proto/core';
import { CommandEncoder } from '@satchel/proto/resp';
import type { SessionIdentity } from './session.js';

/** Pushes by which a link answers out of order: `deferred ID` stands in the place of a reply, `reply ID REPLY` brings it. */
export const linkPush = { deferred: 'satchel.deferred', reply: 'satchel.reply' } as const;

/** How SATCHEL.ON names a job: its id, followed by `/VERB` if the token allows no more than that, and by `/stays`; see SessionIdentity. */
export function linkName({ job, verbs: allowed, stays }: SessionIdentity): string {
  const only = allowed.length === verbs.length ? '' : (allowed[0] ?? 'none');
  if (stays) return `${job}/${only}/stays`;
  return only === '' ? job : `${job}/${only}`;
}

const leads = new WeakMap<SessionIdentity, Buffer>();

/** The first two arguments of every command for a job, encoded once. */
export function leadOf(identity: SessionIdentity): Buffer {
  const known = leads.get(identity);
  if (known !== undefined) return known;
  const encoder = new CommandEncoder(256);
  encoder.text('SATCHEL.ON');
  encoder.text(linkName(identity));
  const lead = encoder.take();
  leads.set(identity, lead);
  return lead;
}
