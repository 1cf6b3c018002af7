/** A shard's share of a job's quota. */
export interface Grant {
  /**
   * Takes `bytes` of the share. True: taken. A promise: more was asked of the controller, and it settles with its answer.
   * False: the job's quota is used up.
   */
  reserve(bytes: number): boolean | Promise<boolean>;
  /** Gives bytes back that were reserved. */
  release(bytes: number): void;
  /** Bytes the shard may hold now; Infinity for a job without quota. */
  readonly bytes: number;
}

/** The grant of a job without quota: what is free may be used. */
export const unlimitedGrant: Grant = { reserve: () => true, release: () => {}, bytes: Number.POSITIVE_INFINITY };
