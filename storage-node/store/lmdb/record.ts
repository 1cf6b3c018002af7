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
const at = { kind: 0, persist: 1, manifest: 2, valueLength: 4, sequence: 8, created: 16, expires: 24, readsLeft: 32, attempt: 40 } as const;

/** A record with its header filled in and room for `bodyBytes` after it. */
export function newRecord(
  kind: RecordKind,
  valueLength: number,
  bodyBytes: number,
  sequence: number,
  metadata: ObjectMetadata,
): Buffer {
  const record = Buffer.allocUnsafe(recordHeaderBytes + bodyBytes);
  record.writeUInt32LE(kind, at.kind);
  record.writeUInt32LE(valueLength, at.valueLength);
  record.writeDoubleLE(sequence, at.sequence);
  writeMetadata(record, metadata);
  return record;
}

/** A record of a value kept in a file. */
export function newFileRecord(file: number, valueLength: number, metadata: ObjectMetadata): Buffer {
  const record = newRecord(recordKinds.file, valueLength, 8, file, metadata);
  record.writeDoubleLE(file, recordHeaderBytes);
  return record;
}

/** A record of a value kept at a position of a pack. */
export function newPackedRecord(
  pack: number,
  position: number,
  valueLength: number,
  sequence: number,
  metadata: ObjectMetadata,
): Buffer {
  const record = newRecord(recordKinds.packed, valueLength, 12, sequence, metadata);
  record.writeDoubleLE(pack, recordHeaderBytes);
  record.writeUInt32LE(position, recordHeaderBytes + 8);
  return record;
}

/** A copy of a record with some of its metadata changed. */
export function changedRecord(record: Buffer, changes: Partial<ObjectMetadata>): Buffer {
  const changed = Buffer.from(record);
  writeMetadata(changed, { ...metadataOf(record), ...changes });
  return changed;
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

/** Copies bytes [from, to) of a value to `target` at `targetStart`. */
export type ReadValue = (from: number, to: number, target: Buffer, targetStart: number) => void | Promise<void>;

/** An object as a record describes it. */
export function objectOfRecord(tier: Tier, record: Buffer, read: ReadValue): StoredObject {
  return {
    tier,
    valueLength: valueLengthOf(record),
    createdMs: record.readDoubleLE(at.created),
    expiresAtMs: record.readDoubleLE(at.expires),
    readsLeft: record.readDoubleLE(at.readsLeft),
    attempt: record.readDoubleLE(at.attempt),
    persist: record[at.persist] === 1,
    manifest: record[at.manifest] === 1,
    read,
  };
}
