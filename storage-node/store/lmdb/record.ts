import type { Tier } from '@satchel/proto/core';
import type { ObjectMetadata, StoredObject } from '../tier-store.js';

/** Where the value of a catalog record lies. */
export const recordKinds = { inline: 0, file: 1, packed: 2 } as const;
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

/**
 * A record of the catalog: a header, then by kind
 *   inline  the value's bytes
 *   file    number of the file (f64)
 *   packed  number of the pack (f64), position of the value in it (u32)
 * Header, little endian: kind u8, persist u8, manifest u8, 1 unused, value length u32, then f64 each: sequence, created, expires,
 * reads left, attempt. The sequence grows with every record written to a catalog.
 */
export const recordHeaderBytes = 48;
const at = {
  kind: 0,
  persist: 1,
  manifest: 2,
  valueLength: 4,
  sequence: 8,
  created: 16,
  expires: 24,
  readsLeft: 32,
  attempt: 40,
} as const;

/** Bytes after the header of a record of a value kept elsewhere. */
export const fileBodyBytes = 8;
export const packedBodyBytes = 12;

/** Fills in the header of a record. */
export function writeHeader(
  record: Buffer,
  kind: RecordKind,
  valueLength: number,
  sequence: number,
  metadata: ObjectMetadata,
): void {
  record.writeUInt32LE(kind, at.kind);
  record.writeUInt32LE(valueLength, at.valueLength);
  record.writeDoubleLE(sequence, at.sequence);
  writeMetadata(record, metadata);
}

/** Says in a record where its value is: the number of the file or pack, and in a pack the position. */
export function writeHolder(record: Buffer, holder: number, position?: number): void {
  record.writeDoubleLE(holder, recordHeaderBytes);
  if (position !== undefined) record.writeUInt32LE(position, recordHeaderBytes + 8);
}

/** Changes some of the metadata in a record. */
export function changeMetadata(record: Buffer, changes: Partial<ObjectMetadata>): void {
  writeMetadata(record, { ...metadataOf(record), ...changes });
}

/** Bytes of the record that a buffer begins with. */
export function recordBytesOf(record: Buffer): number {
  switch (record[at.kind]) {
    case recordKinds.file:
      return recordHeaderBytes + fileBodyBytes;
    case recordKinds.packed:
      return recordHeaderBytes + packedBodyBytes;
    default:
      return recordHeaderBytes + valueLengthOf(record);
  }
}

export function tierOf(record: Buffer): 'ssd' | 'object' {
  return record[at.kind] === recordKinds.packed ? 'object' : 'ssd';
}

export function isInFile(record: Buffer): boolean {
  return record[at.kind] === recordKinds.file;
}

export function valueLengthOf(record: Buffer): number {
  return record.readUInt32LE(at.valueLength);
}

export function sequenceOf(record: Buffer): number {
  return record.readDoubleLE(at.sequence);
}

/** Number of the file or pack that holds the value. */
export function holderOf(record: Buffer): number {
  return record.readDoubleLE(recordHeaderBytes);
}

/** Where in its pack the value begins. */
export function packPositionOf(record: Buffer): number {
  return record.readUInt32LE(recordHeaderBytes + 8);
}

export function metadataOf(record: Buffer): ObjectMetadata {
  return {
    createdMs: record.readDoubleLE(at.created),
    expiresAtMs: record.readDoubleLE(at.expires),
    readsLeft: record.readDoubleLE(at.readsLeft),
    attempt: record.readDoubleLE(at.attempt),
    persist: record[at.persist] === 1,
    manifest: record[at.manifest] === 1,
  };
}

function writeMetadata(record: Buffer, metadata: ObjectMetadata): void {
  record[at.persist] = metadata.persist ? 1 : 0;
  record[at.manifest] = metadata.manifest ? 1 : 0;
  record.writeDoubleLE(metadata.createdMs, at.created);
  record.writeDoubleLE(metadata.expiresAtMs, at.expires);
  record.writeDoubleLE(metadata.readsLeft, at.readsLeft);
  record.writeDoubleLE(metadata.attempt, at.attempt);
}

/** How an object that a record describes is read; `record` is the one it was made of. */
export type ReadRecord = (record: Buffer, from: number, to: number, target: Buffer, targetStart: number) => void | Promise<void>;

/** An object as a record describes it; used again for the next. */
export class RecordObject implements StoredObject {
  readonly tier: Tier;
  valueLength = 0;
  expiresAtMs = 0;
  readsLeft = 0;
  manifest = false;
  atHand = false;
  readonly #read: ReadRecord;
  #record: Buffer = Buffer.alloc(recordHeaderBytes);

  constructor(tier: Tier, read: ReadRecord) {
    this.tier = tier;
    this.#read = read;
  }

  get createdMs(): number {
    return this.#record.readDoubleLE(at.created);
  }

  get attempt(): number {
    return this.#record.readDoubleLE(at.attempt);
  }

  get persist(): boolean {
    return this.#record[at.persist] === 1;
  }

  /** Makes it the object of a record, which is borrowed as long as the object is. */
  point(record: Buffer): this {
    this.#record = record;
    this.valueLength = valueLengthOf(record);
    this.expiresAtMs = record.readDoubleLE(at.expires);
    this.readsLeft = record.readDoubleLE(at.readsLeft);
    this.manifest = record[at.manifest] === 1;
    this.atHand = record[at.kind] === recordKinds.inline;
    return this;
  }

  read(from: number, to: number, target: Buffer, targetStart: number): void | Promise<void> {
    return this.#read(this.#record, from, to, target, targetStart);
  }
}
