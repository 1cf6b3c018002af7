import type { Key } from '../../store/key.js';
import { Collection } from './collection.js';
import { Deque } from './deque.js';

/** Which end of a list. */
export type End = 'left' | 'right';

const overheadBytes = 32;

/** What an element of a list is charged. */
export function elementCharge(element: string): number {
  return element.length + overheadBytes;
}

/** A list. */
export class ListValue extends Collection {
  readonly type = 'list';
  elements = new Deque();

  get size(): number {
    return this.elements.length;
  }

  push(element: string, end: End): void {
    if (end === 'left') this.elements.pushLeft(element);
    else this.elements.pushRight(element);
  }

  pop(end: End): string | undefined {
    return end === 'left' ? this.elements.popLeft() : this.elements.popRight();
  }

  movedTo(key: Key): ListValue {
    const moved = new ListValue(key, this.createdMs);
    moved.elements = this.elements;
    moved.elementBytes = this.elementBytes;
    moved.expiresAtMs = this.expiresAtMs;
    return moved;
  }
}
