/** Hints as a user may write them: numbers in the units of {@link Hints}, or text. */
export interface HintsInput {
  /** Bytes the job holds at most; its quota. A number, or text such as `10GiB`. */
  capacity?: number | string | undefined;
  /** Peak bytes per second of the whole job. A number, or text such as `1GiB/s`. */
  throughput?: number | string | undefined;
  /** Functions that run at the same time. */
  functions?: number | undefined;
  /** Whether an access must stay well under a millisecond. */
  latencySensitive?: boolean | undefined;
  /** `lru`: the job is a cache, the least recently used objects go when it is full. */
  evict?: 'lru' | undefined;
  /** Copies of each object. */
  replicas?: number | undefined;
  /** Peak requests per second of the whole job. A number, or text such as `5000/s`. */
  requests?: number | string | undefined;
  /** Bytes of a typical value. A number, or text such as `64KiB`. */
  valueSize?: number | string | undefined;
  /** How long the job is expected to run. Seconds, or text such as `10m`. */
  lifetimeSeconds?: number | string | undefined;
}

/** Hints in bytes, bytes per second, requests per second and seconds; one that is absent is unknown, never zero. */
export type Hints = { [Name in keyof HintsInput]: Exclude<HintsInput[Name], string> | Extract<HintsInput[Name], 'lru'> };
export type HintName = keyof HintsInput;
