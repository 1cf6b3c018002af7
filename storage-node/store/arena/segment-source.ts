/** A stretch of memory lent to one job. */
export interface Segment {
  readonly memory: ArrayBuffer;
}

/** Where segments come from; private memory, or files mapped by several processes. */
export interface SegmentSource {
  /** Memory of exactly that many bytes with any content; undefined if there is none to be had. */
  take(bytes: number): Segment | undefined;
  /** Takes memory back that nothing refers to any more. */
  release(segment: Segment): void;
}

/** Segments in this process's own memory. A few released ones are kept, so that a job at a boundary does not churn. */
export class PrivateSegmentSource implements SegmentSource {
  private readonly kept: Segment[] = [];
  private readonly keepBytes: number;
  private readonly keepCount: number;

  /** Keeps at most `keepCount` released segments of `keepBytes` each. */
  constructor(keepBytes: number, keepCount = 4) {
    this.keepBytes = keepBytes;
    this.keepCount = keepCount;
  }

  take(bytes: number): Segment | undefined {
    if (bytes === this.keepBytes && this.kept.length > 0) return this.kept.pop();
    try {
      return { memory: new ArrayBuffer(bytes) };
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  release(segment: Segment): void {
    if (segment.memory.byteLength === this.keepBytes && this.kept.length < this.keepCount) this.kept.push(segment);
  }
}
