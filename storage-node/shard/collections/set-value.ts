import type { Key } from '../../store/key.js';
import { Collection } from './collection.js';

const overheadBytes = 64;
/** Beyond this a set is kept in parts, so that none of them takes long to grow. */
const undividedMembers = 1024;
const partCount = 256;

/** What a member of a set is charged. */
export function memberCharge(member: string): number {
  return member.length + overheadBytes;
}

/** A set. */
export class SetValue extends Collection {
  readonly type = 'set';
  #parts: Set<string>[] = [new Set()];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(member: string): boolean {
    return this.#partOf(member).has(member);
  }

  /** False if it was there. */
  add(member: string): boolean {
    const part = this.#partOf(member);
    const before = part.size;
    part.add(member);
    if (part.size === before) return false;
    this.#size++;
    if (this.#size > undividedMembers && this.#parts.length === 1) this.#divide();
    return true;
  }

  /** False if it was not there. */
  delete(member: string): boolean {
    if (!this.#partOf(member).delete(member)) return false;
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): Generator<string> {
    for (const part of this.#parts) yield* part;
  }

  /** The member at a place from 0 to size - 1, in an order that changes with the set; takes up to some ten microseconds. */
  memberAt(place: number): string {
    let before = 0;
    for (const part of this.#parts) {
      if (place < before + part.size) {
        for (const member of part) if (before++ === place) return member;
      }
      before += part.size;
    }
    throw new RangeError(`place ${place} of ${this.#size}`);
  }

  movedTo(key: Key): SetValue {
    const moved = new SetValue(key, this.createdMs);
    moved.#parts = this.#parts;
    moved.#size = this.#size;
    moved.elementBytes = this.elementBytes;
    moved.expiresAtMs = this.expiresAtMs;
    return moved;
  }

  #partOf(member: string): Set<string> {
    const index = this.#parts.length === 1 ? 0 : hashOf(member) & (partCount - 1);
    return this.#parts[index] as Set<string>;
  }

  #divide(): void {
    const members = this.#parts[0] as Set<string>;
    this.#parts = Array.from({ length: partCount }, () => new Set());
    for (const member of members) this.#partOf(member).add(member);
  }
}

function hashOf(member: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < member.length; at++) hash = Math.imul(hash ^ member.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 16;
  return Math.imul(hash, 0x85ebca6b) >>> 13;
}
