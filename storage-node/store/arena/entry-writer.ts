import { assert } from '@satchel/proto/core';
import type { ValueWriter } from '../tier-store.js';

/** Where a value that comes piece by piece goes. */
export interface EntryTarget {
  writePiece(offset: number, source: Buffer, start: number, end: number): void;
  /** Copies the first `end` bytes. */
  readPieces(end: number, target: Buffer): void;
  commit(): boolean;
  abort(): void;
}

/** Counts the pieces of a value. */
export class EntryWriter implements ValueWriter {
  written = 0;
  private readonly valueLength: number;
  private readonly target: EntryTarget;
  private isOpen = true;

  constructor(valueLength: number, target: EntryTarget) {
    this.valueLength = valueLength;
    this.target = target;
  }

  write(source: Buffer, start: number, end: number): void {
    assert(this.isOpen && this.written + end - start <= this.valueLength, 'no more is written than was announced');
    this.target.writePiece(this.written, source, start, end);
    this.written += end - start;
  }

  read(target: Buffer): void {
    assert(this.isOpen, 'what was given up is not read');
    this.target.readPieces(this.written, target);
  }

  commit(): boolean {
    assert(this.isOpen && this.written === this.valueLength, 'a value is shown when all of it is there');
    this.isOpen = false;
    return this.target.commit();
  }

  abort(): void {
    if (this.isOpen) this.target.abort();
    this.isOpen = false;
  }
}
