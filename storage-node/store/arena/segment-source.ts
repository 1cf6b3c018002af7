/** A stretch of memory lent to one job. */
export interface Segment {
  readonly memory: ArrayBuffer;
  /** Names its file within the job's folder; 0: private memory. */
  readonly serial: number;
}

/** Where other processes of the host find a job's memory, as a path from the folder of sockets, or why they cannot. */
export type Published = { readonly folder: string } | { readonly reason: string };

/** The memory of one job. */
export interface JobSegments {
  readonly published: Published;
  /** Memory of exactly that many bytes with any content; undefined if there is none to be had. */
  take(bytes: number): Segment | undefined;
  /** The root, zeros; taken once. */
  takeRoot(bytes: number): Segment | undefined;
  /** The root with more room and its content as before; the old memory is not used any more. Undefined: as it was. */
  growRoot(root: Segment, bytes: number): Segment | undefined;
  /** Takes memory back that nothing refers to any more. */
  release(segment: Segment): void;
  /** Takes everything back; not used afterwards. */
  end(): void;
}

/** Where memory comes from; this process's own, or files mapped by several processes. */
export interface SegmentSource {
  /** Memory for a job; a source of shared memory gives private memory to one without a name. */
  open(job: string | undefined): JobSegments;
  /** Told how many bytes may still be taken, whenever that changed. */
  available?(bytes: number): void;
}

/** Segments in this process's own memory. A few released ones are kept, so that a job at a boundary does not churn. */
export class PrivateSegmentSource implements SegmentSource {
  private readonly reason: string;
  private readonly kept: Segment[] = [];
  private readonly keepBytes: number;
  private readonly keepCount: number;

  /** Keeps at most `keepCount` released segments of `keepBytes` each. */
  constructor(keepBytes: number, { keepCount = 4, reason = 'the arena is private memory' } = {}) {
    this.keepBytes = keepBytes;
    this.keepCount = keepCount;
    this.reason = reason;
  }

  open(_job?: string, reason = this.reason): JobSegments {
    const take = (bytes: number) => this.take(bytes);
    return {
      published: { reason },
      take,
      takeRoot: newSegment,
      growRoot: (root, bytes) => {
        const grown = newSegment(bytes);
        if (grown) new Uint8Array(grown.memory).set(new Uint8Array(root.memory));
        return grown;
      },
      release: (segment) => this.release(segment),
      end: () => {},
    };
  }

  private take(bytes: number): Segment | undefined {
    return (bytes === this.keepBytes ? this.kept.pop() : undefined) ?? newSegment(bytes);
  }

  private release(segment: Segment): void {
    if (segment.memory.byteLength === this.keepBytes && this.kept.length < this.keepCount) this.kept.push(segment);
  }
}

function newSegment(bytes: number): Segment | undefined {
  try {
    return { memory: new ArrayBuffer(bytes), serial: 0 };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
