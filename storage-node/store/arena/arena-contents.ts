import { entryWord } from '@satchel/proto/shared-memory';
import type { Key } from '../key.js';
import { type ObjectMetadata, objectCharge, type ValueWriter } from '../tier-store.js';
import { ArenaMemory, type SegmentLender } from './arena-memory.js';
import { type ArenaParts, Compactor } from './compactor.js';
import { ArenaObject, keyLengthOf, touch, writeHeader } from './entry.js';
import { EntryWriter } from './entry-writer.js';
import { type Geometry, topOrder } from './geometry.js';
import { HashIndex, leastDirectoryBytes } from './hash-index.js';
import { Pins } from './pins.js';
import type { Published } from './segment-source.js';
import { Slabs } from './slabs.js';
import { Spans } from './spans.js';
import { u8, u32 } from './typed-access.js';
import { spanKind, Units } from './units.js';
import { Values } from './values.js';

/** What a job's objects are charged to. */
export interface ChargeAccount extends SegmentLender {
  /** Adds to the charge of live objects, or subtracts; false, and nothing done, if that exceeds the budget. */
  charge(bytes: number): boolean;
  readonly published: Published;
  /** Gives back everything that was taken. */
  end(): void;
}

/** A job's objects: made at its first put, dropped whole. */
export class ArenaContents {
  objects = 0;
  usedBytes = 0;
  /** Coarse time of accesses, 16 bits: goes on by one when 1/32 of the objects were accessed. */
  clock = 0;
  readonly memory: ArenaMemory;
  readonly index: HashIndex;
  /** For the audit. */
  readonly parts: ArenaParts;
  private readonly account: ChargeAccount;
  private readonly spans: Spans;
  private readonly slabs: Slabs;
  private readonly values: Values;
  private readonly compactor: Compactor;
  private readonly found: ArenaObject;
  /** Entries that are being written and not shown yet. */
  readonly pending = new Set<number>();
  private readonly pins = new Pins();
  private accessesLeft = 64;
  private dropped = false;

  private constructor(memory: ArenaMemory, units: Units, spans: Spans, index: HashIndex, account: ChargeAccount) {
    this.memory = memory;
    this.account = account;
    this.spans = spans;
    this.index = index;
    this.slabs = new Slabs(memory, units, spans);
    this.values = new Values(memory, units, spans, this.pins);
    this.parts = { memory, units, spans, slabs: this.slabs, values: this.values, index, pins: this.pins };
    this.compactor = new Compactor(this.parts);
    this.found = this.newView();
    memory.root.publish();
  }

  /** Empty contents, which readers see at once, or undefined, the account having ended, if there is no memory for an index. */
  static begin(geometry: Geometry, account: ChargeAccount): ArenaContents | undefined {
    const memory = ArenaMemory.begin(geometry, account);
    const directory = memory?.take(leastDirectoryBytes);
    if (memory && directory) {
      const units = new Units();
      const spans = new Spans(memory, units);
      const table = spans.allocate(0, spanKind.table, true, topOrder);
      if (table !== 0) {
        const index = new HashIndex(memory, units, spans, { directory, table });
        return new ArenaContents(memory, units, spans, index, account);
      }
    }
    account.end();
    return undefined;
  }

  /** Another view, for who shows objects while `find` is in use. */
  newView(): ArenaObject {
    return new ArenaObject(this.memory, this.values);
  }

  find(key: Key): ArenaObject | undefined {
    const ref = this.index.find(key);
    if (ref === 0) return undefined;
    if (--this.accessesLeft <= 0) this.tick();
    touch(this.memory.wordsOf(ref), this.memory.wordAt(ref), this.clock);
    return this.found.point(ref);
  }

  private tick(): void {
    this.clock = (this.clock + 1) & 0xffff;
    this.accessesLeft = Math.max(64, this.objects >>> 5);
  }

  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    const old = this.index.find(key);
    const keyLength = key.end - key.start;
    const charge = objectCharge(keyLength, end - start) - (old === 0 ? 0 : this.chargeOf(old));
    if (!this.account.charge(charge)) return false;
    if (old === 0 ? this.add(key, value, start, end, metadata) : this.overwrite(old, key, value, start, end, metadata)) {
      this.usedBytes += charge;
      return true;
    }
    this.account.charge(-charge);
    return false;
  }

  private chargeOf(ref: number): number {
    const words = this.memory.wordsOf(ref);
    const at = this.memory.wordAt(ref);
    return objectCharge(keyLengthOf(words, at), u32(words, at + entryWord.valueLength));
  }

  private add(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    if (!this.index.reserve(key.hash)) return false;
    const ref = this.allocate(key, end - start);
    if (ref === 0) return false;
    this.write(ref, key, value, start, end, metadata);
    this.index.insert(key.hash, ref);
    this.objects++;
    return true;
  }

  private overwrite(old: number, key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    if (this.fits(old, key, end - start)) {
      this.write(old, key, value, start, end, metadata);
      return true;
    }
    const ref = this.allocate(key, end - start);
    if (ref === 0) return false;
    this.write(ref, key, value, start, end, metadata);
    this.index.replaceFound(ref);
    this.free(old);
    return true;
  }

  /** Whether a value of that length takes the same chunk and blocks as the one there. */
  private fits(ref: number, key: Key, length: number): boolean {
    const { unitShift } = this.memory.geometry;
    const before = u32(this.memory.wordsOf(ref), this.memory.wordAt(ref) + entryWord.valueLength);
    if (before >>> unitShift !== length >>> unitShift) return false;
    if (before >>> unitShift !== 0 && this.values.isPinned(ref)) return false;
    return before === length || this.slabs.classOf(ref) === this.classFor(key.end - key.start, length);
  }

  private classFor(keyLength: number, valueLength: number): number {
    return u8(this.memory.geometry.classes.ofSteps, (this.values.chunkBytes(keyLength, valueLength) + 15) >>> 4);
  }

  /** A chunk with the blocks a value of that length needs; 0, and nothing taken, if there is no room. */
  private allocate(key: Key, length: number): number {
    const keyLength = key.end - key.start;
    const isLarge = length >= this.memory.geometry.unitBytes;
    if (isLarge && length > this.spans.freeBytes + this.memory.availableBytes) return 0;
    const ref = this.slabs.allocate(this.classFor(keyLength, length), true);
    if (ref === 0 || !isLarge) return ref;
    const words = this.memory.wordsOf(ref);
    const at = this.memory.wordAt(ref);
    words[at + entryWord.valueLength] = length;
    words[at + entryWord.key] = keyLength;
    if (this.values.allocateBlocks(ref, length)) return ref;
    this.slabs.release(ref);
    return 0;
  }

  private write(ref: number, key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): void {
    this.writeHead(ref, key, end - start, metadata);
    this.values.write(ref, key.end - key.start, end - start, 0, value, start, end);
    Atomics.store(this.memory.wordsOf(ref), this.memory.wordAt(ref) + entryWord.version, this.memory.nextVersion());
  }

  /** Begins to write an entry: all but the value, and its version says that it is not done. */
  private writeHead(ref: number, key: Key, valueLength: number, metadata: ObjectMetadata): void {
    const words = this.memory.wordsOf(ref);
    const at = this.memory.wordAt(ref);
    Atomics.store(words, at + entryWord.version, this.memory.nextVersion() | 1);
    words[at + entryWord.valueLength] = valueLength;
    writeHeader(words, at, key.end - key.start, this.clock, metadata);
    this.values.writeKey(ref, key);
  }

  /** See {@link TierStore.begin}. */
  begin(borrowed: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter | undefined {
    const charge = objectCharge(borrowed.length, valueLength);
    if (!this.account.charge(charge)) return undefined;
    const ref = this.allocate(borrowed, valueLength);
    if (ref === 0) {
      this.account.charge(-charge);
      return undefined;
    }
    const key = borrowed.copy();
    this.writeHead(ref, key, valueLength, metadata);
    // The chunk is known to nobody but the writer, so it must stay where it is.
    const slab = this.slabs.slabOf(ref);
    this.pins.pin(slab);
    this.pending.add(ref);
    const leave = () => {
      this.pending.delete(ref);
      this.pins.unpin(slab);
    };
    const writePiece = (offset: number, source: Buffer, start: number, end: number) => {
      if (!this.dropped) this.values.write(ref, key.length, valueLength, offset, source, start, end);
    };
    const readPieces = (end: number, target: Buffer) => {
      if (!this.dropped) this.values.read(ref, 0, end, target, 0);
    };
    const abort = () => {
      if (!this.dropped) this.free(ref);
      leave();
      this.account.charge(-charge);
    };
    const commit = () => {
      if (this.dropped || !this.show(ref, key)) {
        abort();
        return false;
      }
      this.usedBytes += charge;
      leave();
      return true;
    };
    return new EntryWriter(valueLength, { writePiece, readPieces, commit, abort });
  }

  /** Puts an entry that is written in the place of the one with its key, if any; false, and nothing done, if there is no room in the index. */
  private show(ref: number, key: Key): boolean {
    const old = this.index.find(key);
    if (old === 0 && !this.index.reserve(key.hash)) return false;
    Atomics.store(this.memory.wordsOf(ref), this.memory.wordAt(ref) + entryWord.version, this.memory.nextVersion());
    if (old === 0) {
      this.index.insert(key.hash, ref);
      this.objects++;
      return true;
    }
    const charge = this.chargeOf(old);
    this.usedBytes -= charge;
    this.account.charge(-charge);
    this.index.replaceFound(ref);
    this.free(old);
    return true;
  }

  private free(ref: number): void {
    const before = this.spans.usedUnits;
    this.values.free(ref);
    const sizeClass = this.slabs.release(ref);
    this.compactor.step(sizeClass, before - this.spans.usedUnits, this.usedBytes);
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    const ref = this.index.find(key);
    if (ref === 0) return false;
    const words = this.memory.wordsOf(ref);
    const at = this.memory.wordAt(ref);
    const { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest } = this.found.point(ref);
    const metadata = { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest, ...changes };
    Atomics.store(words, at + entryWord.version, this.memory.nextVersion() | 1);
    writeHeader(words, at, key.end - key.start, this.clock, metadata);
    Atomics.store(words, at + entryWord.version, this.memory.nextVersion());
    return true;
  }

  delete(key: Key): boolean {
    const ref = this.index.find(key);
    if (ref === 0) return false;
    const charge = this.chargeOf(ref);
    this.index.removeFound();
    this.objects--;
    this.usedBytes -= charge;
    this.account.charge(-charge);
    this.free(ref);
    return true;
  }

  get published(): Published {
    return this.account.published;
  }

  /** Sends readers away and gives all memory back, as soon as nothing is pinned. */
  drop(): void {
    this.dropped = true;
    this.memory.root.end();
    this.account.charge(-this.usedBytes);
    this.pins.whenFree(() => this.account.end());
  }
}
