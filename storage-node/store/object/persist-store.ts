import { SatchelError } from '@satchel/proto/core';
import type { PersistedObject, PersistedObjects } from '../../shard/job-store.js';
import { Key } from '../key.js';
import { type ObjectMetadata, objectCharge } from '../tier-store.js';
import { deletePrefix, listAll, type ObjectClient, type StoredName } from './object-client.js';
import { isNameable, keyOfName, nameOfKey, namePrefixOfKeys } from './persist-names.js';

export interface PersistStoreOptions {
  readonly client: ObjectClient;
  readonly namespace: string;
}

/** A persisted object as a listing shows it. */
export interface PersistedKey {
  readonly key: Buffer;
  readonly valueLength: number;
}

/** What a namespace keeps. */
export interface PersistUsage {
  readonly objects: number;
  /** Sum of `objectCharge`. */
  readonly usedBytes: number;
}

/** Before the value, little endian: format u32, unused u32, created f64, expires f64, reads left f64, attempt f64. */
const headerBytes = 40;
const format = 1;
const sweptAtOnce = 1000;

/**
 * The persisted objects of one namespace: one object each, under `persist/NAMESPACE/`, whole or not there. Nothing is cached, so that every
 * shard and job of the namespace sees the same. Every method rejects with `unavailable` if the object store does not answer.
 */
export class PersistStore implements PersistedObjects {
  readonly #client: ObjectClient;
  readonly #folder: string;
  /** Where an empty object per expiring one says, by its name, when that expires. */
  readonly #expiries: string;

  constructor(options: PersistStoreOptions) {
    this.#client = options.client;
    this.#folder = `persist/${options.namespace}/`;
    this.#expiries = `persist-expiry/${options.namespace}/`;
  }

  /** Rejects with `too-large` if the key is too long for an object store; see persist-names. */
  async put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): Promise<void> {
    const name = this.#nameOf(key);
    const body = Buffer.allocUnsafeSlow(headerBytes + end - start);
    body.writeUInt32LE(format, 0);
    body.writeUInt32LE(0, 4);
    body.writeDoubleLE(metadata.createdMs, 8);
    body.writeDoubleLE(metadata.expiresAtMs, 16);
    body.writeDoubleLE(metadata.readsLeft, 24);
    body.writeDoubleLE(metadata.attempt, 32);
    value.copy(body, headerBytes, start, end);
    await this.#client.put(name, body);
    if (metadata.expiresAtMs > 0) await this.#noteExpiry(key, metadata.expiresAtMs);
  }

  /** Reads the metadata only. */
  async find(key: Key): Promise<PersistedObject | undefined> {
    const name = this.#nameOf(key);
    const header = Buffer.alloc(headerBytes);
    const bytes = await this.#client.read(name, 0, headerBytes, header, 0);
    if (bytes === undefined) return undefined;
    if (bytes < headerBytes || header.readUInt32LE(0) !== format) {
      throw new SatchelError('internal', `${name} in the object store was not written by Satchel`);
    }
    return {
      valueLength: bytes - headerBytes,
      createdMs: header.readDoubleLE(8),
      expiresAtMs: header.readDoubleLE(16),
      read: (from, to) => this.#read(name, bytes, from, to),
    };
  }

  async delete(key: Key): Promise<boolean> {
    const name = this.#nameOf(key);
    if ((await this.#client.read(name, 0, 1, Buffer.alloc(1), 0)) === undefined) return false;
    await this.#client.delete([name]);
    return true;
  }

  async deleteExpired(key: Key, nowMs: number): Promise<boolean> {
    const object = await this.find(key);
    if (object === undefined || object.expiresAtMs === 0 || object.expiresAtMs > nowMs) return false;
    await this.#client.delete([this.#nameOf(key)]);
    return true;
  }

  /** Costs a request, and two for each object that was to expire by then. */
  async sweep(nowMs: number): Promise<number> {
    const due = `${this.#expiries}${expiryText(nowMs)}0`;
    const notes = (await this.#client.list(this.#expiries, '', sweptAtOnce)).filter(({ name }) => name < due);
    let deleted = 0;
    for (const { name } of notes) {
      const key = keyOfName(name.slice(0, due.length), name);
      if (await this.deleteExpired(Key.of(key), nowMs)) deleted++;
    }
    if (notes.length > 0) await this.#client.delete(notes.map(({ name }) => name));
    return deleted;
  }

  async *list(prefix: Buffer): AsyncGenerator<Buffer> {
    for await (const { name } of this.#listed(prefix)) yield keyOfName(this.#folder, name);
  }

  /** At most `limit` objects whose keys begin with `prefix`, after the one of key `after` (none: from the first), in the order of names. */
  async page(prefix: Buffer, after: Buffer | undefined, limit: number): Promise<PersistedKey[]> {
    const from = after === undefined ? '' : nameOfKey(this.#folder, after);
    const names = await this.#client.list(namePrefixOfKeys(this.#folder, prefix), from, limit);
    return names.map(({ name, bytes }) => ({ key: keyOfName(this.#folder, name), valueLength: bytes - headerBytes }));
  }

  /** Number of objects whose keys begin with `prefix`; costs a request per thousand. */
  async count(prefix: Buffer): Promise<number> {
    let count = 0;
    for await (const _ of this.#listed(prefix)) count++;
    return count;
  }

  /** Deletes all objects whose keys begin with `prefix`; settles with their number. */
  deletePrefix(prefix: Buffer): Promise<number> {
    return deletePrefix(this.#client, namePrefixOfKeys(this.#folder, prefix));
  }

  /** What the namespace keeps; costs a request per thousand objects. */
  async usage(): Promise<PersistUsage> {
    let objects = 0;
    let usedBytes = 0;
    for await (const { name, bytes } of this.#listed(Buffer.alloc(0))) {
      objects++;
      usedBytes += objectCharge(keyOfName(this.#folder, name).length, bytes - headerBytes);
    }
    return { objects, usedBytes };
  }

  async #noteExpiry(key: Key, expiresAtMs: number): Promise<void> {
    const folder = `${this.#expiries}${expiryText(expiresAtMs)}/`;
    const bytes = key.buffer.subarray(key.start, key.end);
    // An object whose note would have too long a name goes when somebody reads it.
    if (isNameable(folder, bytes)) await this.#client.put(nameOfKey(folder, bytes), Buffer.alloc(0));
  }

  async #read(name: string, size: number, from: number, to: number): Promise<Buffer> {
    const target = Buffer.allocUnsafeSlow(to - from);
    if (from === to) return target;
    const bytes = await this.#client.read(name, headerBytes + from, headerBytes + to, target, 0);
    if (bytes === size) return target;
    throw new SatchelError('gone', 'the persisted object was replaced or removed while it was read; repeat the read');
  }

  #listed(prefix: Buffer): AsyncGenerator<StoredName> {
    return listAll(this.#client, namePrefixOfKeys(this.#folder, prefix));
  }

  #nameOf(key: Key): string {
    return nameOfKey(this.#folder, key.buffer.subarray(key.start, key.end));
  }
}

/** A time such that names sort by it. */
function expiryText(atMs: number): string {
  return String(Math.ceil(atMs)).padStart(16, '0');
}
