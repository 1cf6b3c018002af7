import type { Records } from './records.mjs';

interface Cursor {
  readonly records: Records;
  index: number;
  prefix: number;
}

/** Merges sorted runs and hands on each record as (buffer, start, end), in ascending order of keys. A binary heap of the runs' heads. */
export function mergeRuns(runs: readonly Records[], emit: (buffer: Buffer, start: number, end: number) => void): void {
  const heap = runs.filter((records) => records.count > 0).map((records) => ({ records, index: 0, prefix: records.prefix(0) }));
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  while (heap.length > 0) {
    const head = heap[0] as Cursor;
    emit(head.records.buffer, head.records.start(head.index), head.records.end(head.index));
    head.index++;
    if (head.index < head.records.count) {
      head.prefix = head.records.prefix(head.index);
    } else {
      const last = heap.pop() as Cursor;
      if (heap.length === 0) return;
      if (last !== head) heap[0] = last;
    }
    sink(heap, 0);
  }
}

function sink(heap: Cursor[], from: number): void {
  let at = from;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && before(heap[right] as Cursor, heap[left] as Cursor) ? right : left;
    if (!before(heap[child] as Cursor, heap[at] as Cursor)) return;
    const moved = heap[at] as Cursor;
    heap[at] = heap[child] as Cursor;
    heap[child] = moved;
    at = child;
  }
}

function before(a: Cursor, b: Cursor): boolean {
  if (a.prefix !== b.prefix) return a.prefix < b.prefix;
  return a.records.compare(a.index, b.records, b.index) < 0;
}
