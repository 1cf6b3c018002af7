/** `parent-ended`: a stage above it ended, for whatever reason. */
export type StageEndReason = 'ended' | 'lease-lapsed' | 'parent-ended';

/** What the end of a job or stage gave back. */
export interface Reclaimed {
  readonly objects: number;
  /** Charges: keys, values and a header for each. */
  readonly bytes: number;
}

/** A stage's life; while it is `ending` shards have yet to delete what is under its prefix. */
export type StageState =
  | { readonly kind: 'active' }
  | { readonly kind: 'ending'; readonly reason: StageEndReason; readonly sinceMs: number; readonly reclaimed: Reclaimed }
  | { readonly kind: 'ended'; readonly reason: StageEndReason; readonly endedMs: number; readonly reclaimed: Reclaimed };

/** A part of a job with a key prefix and, if it wants, a lease of its own. Values are replaced, never changed in place. */
export interface StageRecord {
  readonly job: string;
  /** Id, unique in the job. */
  readonly stage: string;
  /** Label. */
  readonly name: string;
  readonly prefix: string;
  /** Id of the stage above it; empty: the job itself. */
  readonly parent: string;
  /** 0: it lives as long as its parent. */
  readonly leaseMs: number;
  readonly createdMs: number;
  readonly state: StageState;
}

export const nothingReclaimed: Reclaimed = { objects: 0, bytes: 0 };

/** Key of a stage in the state and among leases. */
export function stageKey({ job, stage }: Pick<StageRecord, 'job' | 'stage'>): string {
  return `${job}/${stage}`;
}
