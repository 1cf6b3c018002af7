import type { Key } from '../../store/key.js';
import { MapStore } from '../../store/testing/map-store.js';
import type { ObjectMetadata, PinnedValue, StoredObject, ValueWriter } from '../../store/tier-store.js';

/** A tier that takes values piece by piece and shows them where they lie, and counts who does so. */
export class FlowingStore extends MapStore {
  /** Writers that ended neither way yet. */
  writing = 0;
  begun = 0;
  /** Values not unpinned yet. */
  pinned = 0;
  pins = 0;

  constructor(budgetBytes = 1_000_000_000) {
    super('dram', budgetBytes);
  }

  begin(key: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter {
    const own = key.copy();
    const value = Buffer.alloc(valueLength);
    let written = 0;
    this.begun++;
    this.writing++;
    return {
      get written() {
        return written;
      },
      write(source, start, end) {
        source.copy(value, written, start, end);
        written += end - start;
      },
      read: (target) => {
        value.copy(target, 0, 0, written);
      },
      commit: () => {
        this.writing--;
        return this.put(own, value, 0, valueLength, metadata);
      },
      abort: () => {
        this.writing--;
      },
    };
  }

  override find(key: Key): StoredObject | undefined {
    const object = super.find(key);
    return object && { ...object, pin: (from, to) => this.#pin(object, from, to) };
  }

  #pin(object: StoredObject, from: number, to: number): PinnedValue {
    const bytes = Buffer.alloc(to - from);
    void object.read(from, to, bytes, 0);
    this.pins++;
    this.pinned++;
    const half = bytes.length >>> 1;
    return {
      pieces: [bytes.subarray(0, half), bytes.subarray(half)],
      unpin: () => {
        bytes.fill(0xdd);
        this.pinned--;
      },
    };
  }
}
