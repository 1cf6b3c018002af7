import { loadMapping, mappingProblem } from '@satchel/proto/shared-memory';
import type { Logger } from 'pino';
import type { JobConfiguration } from '../job-configuration.js';
import { ArenaPool, defaultSegmentBytes } from '../store/arena/arena-pool.js';
import type { ArenaStore } from '../store/arena/arena-store.js';
import type { Slots } from '../store/arena/root-page.js';
import { PrivateSegmentSource } from '../store/arena/segment-source.js';
import { SharedSegmentSource } from '../store/arena/shared-source.js';
import type { ShardOptions } from './messages.js';

/** A shard's DRAM: shared with processes of the host where that can be, else private, which the log says. */
export class ShardArena {
  readonly pool: ArenaPool;
  private readonly source: SharedSegmentSource | undefined;

  constructor({ arena, arenaProblem, dramBytes }: ShardOptions, log: Logger) {
    const segmentBytes = defaultSegmentBytes(dramBytes);
    const mapping = loadMapping();
    if (mapping && arena !== undefined) {
      this.source = new SharedSegmentSource({
        folder: arena,
        mapping,
        segmentBytes,
        budgetBytes: dramBytes,
        onError: seldom((error) => log.warn({ err: error }, 'shared memory could not be prepared or freed')),
      });
    }
    const reason = arenaProblem ?? (mappingProblem() || 'no place for shared memory was given');
    if (!this.source)
      log.warn(`objects in DRAM lie in private memory, processes of this host cannot read them in place: ${reason}`);
    this.pool = new ArenaPool({
      budgetBytes: dramBytes,
      segmentBytes,
      source: this.source ?? new PrivateSegmentSource(segmentBytes, { reason }),
    });
  }

  /** A job's part. A cache is not shared: who reads in place leaves no trace of use. */
  open({ job, evict }: JobConfiguration): ArenaStore {
    return this.pool.open(evict === 'lru' ? undefined : job);
  }

  close(): void {
    this.source?.close();
  }
}

/** The slots of a job that a shard serves. */
export function ownedSlots({ ranges }: JobConfiguration, shard: number, slotCount: number): Slots[] {
  return ranges.flatMap((range, index) =>
    range.shard === shard ? [{ start: range.start, end: ranges[index + 1]?.start ?? slotCount }] : [],
  );
}

/** What fails for one put fails for the next: it is told once a second. */
function seldom(tell: (error: unknown) => void): (error: unknown) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - toldMs < 1000) return;
    toldMs = performance.now();
    tell(error);
  };
}
