import type { Tier } from '@satchel/proto/core';
import { Key } from '../key.js';
import type { Reservation } from '../reservations.js';
import {
  type ObjectMetadata,
  type StoredObject,
  type StoreUsage,
  scanEnd,
  type TierStore,
  type ValueWriter,
} from '../tier-store.js';
import { ArenaContents, type ChargeAccount } from './arena-contents.js';
import { auditContents } from './audit.js';
import { type ArenaObject, accessClockOf, keyLengthOf } from './entry.js';
import { type Geometry, headerBytes } from './geometry.js';
import type { Slots } from './root-page.js';
import type { Published } from './segment-source.js';

/**
 * One job's part of the DRAM tier. Costs nothing until its first put. `find` returns one view again and again; `put` is
 * complete when it returns; `read` is always synchronous.
 */
export class ArenaStore implements TierStore {
  readonly tier: Tier = 'dram';
  private readonly geometry: Geometry;
  private readonly lend: () => ChargeAccount;
  /** What the job has reserved of the pool and holds of it. */
  readonly reservation: Pick<Reservation, 'bytes' | 'excessBytes' | 'resize'>;
  private readonly onDestroy: () => void;
  private ownedSlots: readonly Slots[] = [];
  private contents: ArenaContents | undefined;
  private destroyed = false;
  private random = 0x2545f491;

  /** Opened by {@link ArenaPool.open}. */
  constructor(geometry: Geometry, lend: () => ChargeAccount, reservation: Reservation, onDestroy: () => void) {
    this.geometry = geometry;
    this.lend = lend;
    this.reservation = reservation;
    this.onDestroy = onDestroy;
  }

  get usage(): StoreUsage {
    const { contents } = this;
    return {
      objects: contents?.objects ?? 0,
      usedBytes: contents?.usedBytes ?? 0,
      reservedBytes: contents?.memory.reservedBytes ?? 0,
    };
  }

  find(key: Key): StoredObject | undefined {
    return this.contents?.find(key);
  }

  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    return this.ready()?.put(key, value, start, end, metadata) ?? false;
  }

  begin(key: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter | undefined {
    return this.ready()?.begin(key, valueLength, metadata);
  }

  private ready(): ArenaContents | undefined {
    if (this.contents || this.destroyed) return this.contents;
    this.contents = ArenaContents.begin(this.geometry, this.lend());
    this.contents?.memory.root.setOwnedSlots(this.ownedSlots);
    return this.contents;
  }

  /**
   * Where other processes of the host find the objects, with room made for some if need be, or why they cannot. Another folder after each
   * `clear`, when the root of the one before says that it has ended.
   */
  share(): Published {
    return this.ready()?.published ?? { reason: 'the arena has no room' };
  }

  /** Says of which slots this shard shows objects to readers, from now on; at first none. */
  setOwnedSlots(slots: readonly Slots[]): void {
    this.ownedSlots = slots;
    this.contents?.memory.root.setOwnedSlots(slots);
  }

  /** Keeps so many bytes of the pool for this job, what it holds included; at first none. */
  setReservedBytes(bytes: number): void {
    if (!this.destroyed) this.reservation.resize(bytes);
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.contents?.updateMetadata(key, changes) ?? false;
  }

  delete(key: Key): boolean {
    return this.contents?.delete(key) ?? false;
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    const { contents } = this;
    if (!contents) return scanEnd;
    const visitor = new EntryVisitor(contents, visit);
    for (let from = position, below = 0; from < scanEnd; from = below) {
      if (visitor.visited >= count) return from;
      below = contents.index.windowEnd(from, count - visitor.visited);
      const hashes = contents.index.hashesFrom(from, below);
      for (let at = 0, last = -1; at < hashes.length; at++) {
        const hash = hashes[at] as number;
        if (hash === last) continue;
        if (visitor.visited >= count) return hash;
        contents.index.eachOf(hash, visitor.show);
        last = hash;
      }
    }
    return scanEnd;
  }

  /**
   * The key used least recently among `samples` chosen at random; undefined if the store is empty. The key is a copy.
   * Recency is coarse: it tells accesses apart that are some 1/32 of the objects' number apart.
   */
  coldest(samples: number): Key | undefined {
    const { contents } = this;
    if (!contents || contents.objects === 0) return undefined;
    let coldest = 0;
    let coldestAge = -1;
    for (let sample = 0; sample < samples || coldest === 0; sample++) {
      const ref = contents.index.sample(this.nextRandom(), this.nextRandom());
      if (ref === 0) continue;
      const age = (contents.clock - accessClockOf(contents.memory.wordsOf(ref), contents.memory.wordAt(ref))) & 0xffff;
      if (age <= coldestAge) continue;
      coldest = ref;
      coldestAge = age;
    }
    return pointKey(new Key(), contents, coldest).copy();
  }

  /** A 32-bit number of Marsaglia's xorshift; the same sequence in every store. */
  private nextRandom(): number {
    this.random ^= this.random << 13;
    this.random ^= this.random >>> 17;
    this.random ^= this.random << 5;
    return this.random >>> 0;
  }

  /** For tests: everything that is inconsistent, in words; walks over all memory. */
  audit(): string[] {
    return this.contents ? auditContents(this.contents) : [];
  }

  clear(): void {
    this.contents?.drop();
    this.contents = undefined;
  }

  flush(): void {}

  async destroy(): Promise<void> {
    if (this.destroyed) return;
    this.destroyed = true;
    this.clear();
    this.reservation.resize(0);
    this.onDestroy();
  }
}

/** Points a key at the key of an entry, where it lies. */
function pointKey(key: Key, contents: ArenaContents, ref: number): Key {
  const start = contents.memory.byteAt(ref) + headerBytes;
  const length = keyLengthOf(contents.memory.wordsOf(ref), contents.memory.wordAt(ref));
  return key.set(contents.memory.bytesOf(ref), start, start + length);
}

/** Shows entry after entry to the visitor of one scan step. */
class EntryVisitor {
  visited = 0;
  private readonly contents: ArenaContents;
  private readonly visit: (key: Key, object: StoredObject) => void;
  private readonly key = new Key();
  private readonly view: ArenaObject;

  constructor(contents: ArenaContents, visit: (key: Key, object: StoredObject) => void) {
    this.contents = contents;
    this.visit = visit;
    this.view = contents.newView();
  }

  readonly show = (ref: number): void => {
    this.visited++;
    this.visit(pointKey(this.key, this.contents, ref), this.view.point(ref));
  };
}
