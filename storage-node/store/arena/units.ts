import { topOrder } from './geometry.js';

/** What a span is. The kind is kept at the span's first unit. */
export const spanKind = { none: 0, free: 1, closed: 2, slab: 3, block: 4, table: 5 } as const;

/** How a top span takes part in allocation. A closed one is being emptied: nothing new goes there. */
export const topState = { open: 0, closedAlone: 1, closedWithSegment: 2 } as const;

const manyUnits = 2 ** 16;

/** What is known of each unit, in columns; some are shared by kinds of spans that need different things. */
export class Units {
  kind = new Uint8Array(0);
  /** Order of the span a unit belongs to, kept at each of its units. */
  order = new Uint8Array(0);
  /** Slab: size class. Table: number of hash bits all its keys share. */
  detail = new Uint8Array(0);
  /** Slab: chunks in use. Table: slots in use. */
  used = new Uint16Array(0);
  /** Slab: chunks ever handed out; those beyond are free and in no list. */
  carved = new Uint16Array(0);
  /** Slab: first free chunk + 1; 0: none. */
  freeHead = new Uint16Array(0);
  /** Links of the list a free span or a slab is in; 0: none. Table: `next` is its overflow table. */
  previous = new Uint32Array(0);
  next = new Uint32Array(0);
  /** Block: the entry that refers to it. Table: the hash bits its keys share, leftmost, then zeros. */
  owner = new Uint32Array(0);
  /** Units in use, by top span. */
  topUsed = new Uint8Array(0);
  /** See {@link topState}, by top span. */
  topState = new Uint8Array(0);

  /** Makes room for units below `end`. */
  ensure(end: number): void {
    if (end <= this.kind.length) return;
    // Memory nobody has touched costs nothing, and copying much at once takes long.
    const length = Math.max(end, this.kind.length * (this.kind.length < manyUnits ? 2 : 8));
    for (const column of ['kind', 'order', 'detail'] as const) this[column] = grown8(this[column], length);
    for (const column of ['used', 'carved', 'freeHead'] as const) this[column] = grown16(this[column], length);
    for (const column of ['previous', 'next', 'owner'] as const) this[column] = grown32(this[column], length);
    for (const column of ['topUsed', 'topState'] as const) this[column] = grown8(this[column], (length >>> topOrder) + 1);
  }

  /** First unit of the span a unit belongs to. */
  headOf(unit: number): number {
    return (unit & -(1 << (this.order[unit] as number))) >>> 0;
  }

  /** Sets kind and order of the span of 2 ** order units at `unit`. */
  setSpan(unit: number, order: number, kind: number): void {
    this.kind[unit] = kind;
    for (let each = unit; each < unit + (1 << order); each++) this.order[each] = order;
  }
}

function grown8(column: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(column);
  return grown;
}

function grown16(column: Uint16Array, length: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(length);
  grown.set(column);
  return grown;
}

function grown32(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(length);
  grown.set(column);
  return grown;
}
