/**
 * The layout of a job's arena in shared memory; docs/storage-format.md says it in words. All numbers are little-endian 32-bit words, all places
 * are words from the start of a file (root), a table or an entry. What a reader finds may be garbage: every word is checked before use.
 */
export const layoutVersion = 1;
/** First word of a root: "SATC". */
export const rootMagic = 0x43544153;
export const rootFileName = 'root';

/** Name of a segment's file, and of the directory's, within the job's folder. */
export function segmentFileName(serial: number): string {
  return `${serial}.segment`;
}

/** State word of a root. Only a live one is read. An ended one never lives again: the shard is asked for another folder. */
export const rootState = { preparing: 0, live: 1, ended: 2 } as const;

/** Words of the root. */
export const rootWord = {
  magic: 0,
  layout: 1,
  /** See {@link rootState}. */
  state: 2,
  /** Odd while the structure changes: tables, directory, segments. */
  generation: 3,
  /** log2 of a unit's bytes; a table is one unit. */
  unitShift: 4,
  /** reference >>> this = segment number. */
  segmentRefShift: 5,
  /** The directory has 2 ** this entries. */
  directoryDepth: 6,
  /** The directory's file. */
  directorySerial: 7,
  directoryBytes: 8,
  /** One more than the highest segment number in use; bounds the segment table. */
  segmentsEnd: 9,
  /** See {@link rootAccess}. */
  access: 10,
  /** 16,384 bits: slots this shard serves now. */
  ownedSlots: 64,
  /** Two words per segment number: serial of its file (0: none), log2 of its bytes. Number 0 is never used. */
  segments: 576,
} as const;

/** Bits of the access word. */
export const rootAccess = { localReads: 1 } as const;

export const segmentEntryWords = 2;
/** Bytes of the first root; it grows as the segment table does. */
export const smallestRootBytes = 4096;

/** Bytes of a root that has room for segment numbers below `segmentsEnd`. */
export function rootBytesFor(segmentsEnd: number): number {
  return 4 * (rootWord.segments + segmentEntryWords * segmentsEnd);
}

/** Whether a slot's bit is set in a root. */
export function ownsSlot(root: Uint32Array, slot: number): boolean {
  return (((root[rootWord.ownedSlots + (slot >>> 5)] as number) >>> (slot & 31)) & 1) === 1;
}

/** A reference, 0: none, counts steps of this many bytes: segment number, then place in the segment. */
export const referenceStepBytes = 16;

/**
 * The directory: 2 ** depth words, each the number of the first unit of a table (reference = unit << (unitShift - 4)). The entry for a hash is
 * `(hash >>> 1) >>> (31 - depth)`.
 */
export function directoryIndexOf(hash: number, depth: number): number {
  return (hash >>> 1) >>> (31 - depth);
}

/** Words at the start of a table, in the place of its first two slots. */
export const tableWord = {
  /** Odd while slots move. */
  version: 0,
  /** Unit number of the table to go on with, 0: none. */
  next: 1,
} as const;

/** Slots taken up by a table's header words. A slot is two words: hash, reference (0: free, which ends a probe). */
export const tableHeaderSlots = 2;

/** First slot to look at for a hash in a table of `slots` slots (unit bytes / 8, a power of two). */
export function homeSlotOf(hash: number, slots: number): number {
  const slot = hash & (slots - 1);
  return slot < tableHeaderSlots ? slot + tableHeaderSlots : slot;
}

/** The slot to look at next. */
export function slotAfter(slot: number, slots: number): number {
  return slot + 1 < slots ? slot + 1 : tableHeaderSlots;
}

/** Words of an entry's header. The key follows, padded to a word; then the references of the value's blocks, then the rest of the value. */
export const entryWord = {
  /** Even, new at every change; odd while the entry is written and in a free chunk. */
  version: 0,
  valueLength: 1,
  /** Length of the key (bits 0–10), persist (bit 11), manifest of a striped object (bit 12), access clock (bits 16–31). */
  key: 2,
  /** Created: low 32 bits of milliseconds since 1970. */
  created: 3,
  /** Created: next 16 bits (low half); expiry: upper 16 bits (high half). */
  high: 4,
  /** Expiry: low 32 bits of milliseconds since 1970; 0 in all 48 bits: never. */
  expires: 5,
  /** 0: any number. */
  readsLeft: 6,
  attempt: 7,
} as const;

export const entryHeaderBytes = 32;
export const keyLengthMask = 0x7ff;
export const persistBit = 0x800;
export const manifestBit = 0x1000;

/** Order of the largest block: 2 ** 3 units. */
export const largestBlockOrder = 3;

/** Block references an entry lists itself; with more blocks it lists list blocks, of one unit each, that list them. */
export function inlineListWords(unitBytes: number): number {
  return Math.max(unitBytes / 16, 256);
}

/** Blocks of a value: as many of 8 units as it fills, then one each of 4, 2 and 1 by the bits of the rest; the tail, less than a unit, lies in the entry. */
export function blockCountOf(valueLength: number, unitShift: number): number {
  const units = valueLength >>> unitShift;
  return (units >>> largestBlockOrder) + ((units >>> 2) & 1) + ((units >>> 1) & 1) + (units & 1);
}

/** Order of the block that begins at `offset` of a value: it holds 2 ** order units. */
export function blockOrderAt(valueLength: number, offset: number, unitShift: number): number {
  const units = (valueLength - offset) >>> unitShift;
  return units >= 8 ? 3 : units >= 4 ? 2 : units >= 2 ? 1 : 0;
}

/** Words of references in an entry, to blocks or to list blocks. */
export function listWordsOf(blocks: number, unitBytes: number): number {
  return blocks <= inlineListWords(unitBytes) ? blocks : Math.ceil((blocks * 4) / unitBytes);
}

/** Where the tail of a value begins: bytes from the start of its entry. */
export function tailOffsetOf(keyLength: number, valueLength: number, unitShift: number): number {
  const unitBytes = 1 << unitShift;
  const list = valueLength < unitBytes ? 0 : listWordsOf(blockCountOf(valueLength, unitShift), unitBytes);
  return entryHeaderBytes + ((keyLength + 3) & ~3) + 4 * list;
}
