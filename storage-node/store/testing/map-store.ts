import type { Tier } from '@satchel/proto/core';
import type { Key } from '../key.js';
import { type ObjectMetadata, objectCharge, type StoredObject, type StoreUsage, scanEnd, type TierStore } from '../tier-store.js';

interface MapEntry {
  readonly key: Key;
  readonly value: Buffer;
  metadata: ObjectMetadata;
}

/** The plainest TierStore: proves the contract suite on itself and stands in for a tier in tests of what uses tiers. */
export class MapStore implements TierStore {
  readonly tier: Tier;
  private readonly budgetBytes: number;
  private readonly entries = new Map<string, MapEntry>();
  private usedBytes = 0;

  constructor(tier: Tier, budgetBytes: number) {
    this.tier = tier;
    this.budgetBytes = budgetBytes;
  }

  get usage(): StoreUsage {
    return { objects: this.entries.size, usedBytes: this.usedBytes, reservedBytes: this.usedBytes };
  }

  find(key: Key): StoredObject | undefined {
    const entry = this.entries.get(key.toString());
    return entry && this.show(entry);
  }

  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    const before = this.entries.get(key.toString());
    const freed = before ? objectCharge(key.length, before.value.length) : 0;
    const usedBytes = this.usedBytes - freed + objectCharge(key.length, end - start);
    if (usedBytes > this.budgetBytes) return false;
    this.usedBytes = usedBytes;
    const bytes = Buffer.from(value.subarray(start, end));
    this.entries.set(key.toString(), { key: key.copy(), value: bytes, metadata: { ...metadata } });
    return true;
  }

  move(key: Key, pieces: readonly Buffer[], valueLength: number, metadata: () => ObjectMetadata | undefined): boolean {
    const shown = metadata();
    return shown !== undefined && this.put(key, Buffer.concat(pieces), 0, valueLength, shown);
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    const entry = this.entries.get(key.toString());
    if (entry) entry.metadata = { ...entry.metadata, ...changes };
    return entry !== undefined;
  }

  delete(key: Key): boolean {
    const entry = this.entries.get(key.toString());
    if (!entry) return false;
    this.usedBytes -= objectCharge(key.length, entry.value.length);
    return this.entries.delete(key.toString());
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    const rest = [...this.entries.values()].filter((entry) => entry.key.hash >= position);
    rest.sort((left, right) => left.key.hash - right.key.hash);
    const last = rest[count - 1];
    for (const entry of rest) {
      if (last && entry.key.hash > last.key.hash) return last.key.hash + 1;
      visit(entry.key, this.show(entry));
    }
    return scanEnd;
  }

  clear(): void {
    this.entries.clear();
    this.usedBytes = 0;
  }

  flush(): void {}

  async destroy(): Promise<void> {
    this.clear();
  }

  private show({ value, metadata }: MapEntry): StoredObject {
    const read = (from: number, to: number, target: Buffer, targetStart: number): void => {
      value.copy(target, targetStart, from, to);
    };
    return { ...metadata, tier: this.tier, valueLength: value.length, read };
  }
}
