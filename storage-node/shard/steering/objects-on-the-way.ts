import { isTier, SatchelError, type Tier } from '@satchel/proto/core';
import { decodeReply, type ReplyWriter } from '@satchel/proto/resp';
import type { ObjectMetadata, StoredObject } from '../../store/tier-store.js';
import type { Collection } from '../collections/collection.js';
import { ListValue } from '../collections/list-value.js';
import { SetValue } from '../collections/set-value.js';
import { metadataOf } from '../commands/values.js';

/** An object as one shard hands it to another. */
export type MovingObject =
  | { readonly kind: 'string'; readonly value: Buffer; readonly tier: Tier; readonly metadata: ObjectMetadata }
  | {
      readonly kind: 'list' | 'set';
      readonly createdMs: number;
      readonly expiresAtMs: number;
      /** One latin1 character per byte. */
      readonly elements: readonly string[];
    }
  | { readonly kind: 'failure'; readonly reason: string };

/** Writes a string whose value was read. */
export function writeString(reply: ReplyWriter, object: Pick<StoredObject, 'tier'> & ObjectMetadata, value: Buffer): void {
  const { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest } = metadataOf(object as StoredObject);
  reply.array(9);
  reply.text('string');
  reply.text(object.tier);
  for (const number of [createdMs, expiresAtMs, readsLeft, attempt, persist ? 1 : 0, manifest ? 1 : 0]) reply.integer(number);
  reply.bulk(value);
}

/** Writes a list or set. */
export function writeCollection(reply: ReplyWriter, collection: Collection): void {
  const elements = elementsOf(collection);
  reply.array(3 + elements.length);
  reply.text(collection.type);
  reply.integer(collection.createdMs);
  reply.integer(collection.expiresAtMs);
  for (const element of elements) reply.bulk(Buffer.from(element, 'latin1'));
}

export function writeFailure(reply: ReplyWriter, reason: string): void {
  reply.array(2);
  reply.text('failure');
  reply.bulk(Buffer.from(reason));
}

/** Reads what one of these wrote; undefined for nil. */
export function readMoving(bytes: Buffer): MovingObject | undefined {
  const reply = decodeReply(bytes);
  if (!Array.isArray(reply)) return undefined;
  const [kind, ...rest] = reply;
  switch (String(kind)) {
    case 'string':
      return stringFrom(rest);
    case 'failure':
      return { kind: 'failure', reason: String(rest[0]) };
    case 'list':
    case 'set':
      return {
        kind: String(kind) === 'list' ? 'list' : 'set',
        createdMs: Number(rest[0]),
        expiresAtMs: Number(rest[1]),
        elements: rest.slice(2).map((element) => (Buffer.isBuffer(element) ? element.toString('latin1') : '')),
      };
    default:
      throw new SatchelError('internal', `an object of kind '${String(kind)}' cannot be taken over`);
  }
}

function stringFrom([tier, created, expires, reads, attempt, persist, manifest, value]: readonly unknown[]): MovingObject {
  const name = String(tier);
  if (!isTier(name) || !Buffer.isBuffer(value)) throw new SatchelError('internal', 'an object came without its value');
  const metadata = {
    createdMs: Number(created),
    expiresAtMs: Number(expires),
    readsLeft: Number(reads),
    attempt: Number(attempt),
    persist: persist === 1,
    manifest: manifest === 1,
  };
  return { kind: 'string', value, tier: name, metadata };
}

function elementsOf(collection: Collection): readonly string[] {
  if (collection instanceof ListValue)
    return Array.from({ length: collection.size }, (_, index) => collection.elements.at(index));
  return collection instanceof SetValue ? [...collection] : [];
}
