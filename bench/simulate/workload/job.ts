import type { Hints } from '@satchel/proto/core';

/** Kinds of jobs, by the source that their sizes come from. */
export const kinds = ['query', 'workflow', 'session', 'shuffle', 'graph', 'learning', 'sort', 'video', 'compile'] as const;
export type Kind = (typeof kinds)[number];

/** How much of its peak a job holds over its life: nothing → all within `ramp`, all for `hold`, down to nothing within `decay`. */
export interface Curve {
  readonly ramp: number;
  readonly hold: number;
  readonly decay: number;
}

/** One job of the day, as it really behaves; what it says of itself is in its hints. */
export interface SimulatedJob {
  readonly index: number;
  readonly name: string;
  readonly kind: Kind;
  /** Since the day's begin. */
  readonly startMs: number;
  readonly lifeMs: number;
  readonly peakBytes: number;
  readonly curve: Curve;
  /** How often each byte is read. */
  readonly reads: number;
  /** Mean size of its objects. */
  readonly objectBytes: number;
  readonly hints: Hints;
  readonly hinted: 'exact' | 'wrong' | 'functions' | 'none';
  /** It stops without ending its lease. */
  readonly crashes: boolean;
}

/** Bytes that a job holds so long after its start; nothing before and after its life. */
export function heldBytes({ curve, lifeMs, peakBytes }: SimulatedJob, ageMs: number): number {
  return peakBytes * heldPart(curve, ageMs / lifeMs);
}

/** The part of its peak that a job holds at a part of its life. */
export function heldPart({ ramp, hold, decay }: Curve, at: number): number {
  if (at <= 0 || at >= ramp + hold + decay) return 0;
  if (at < ramp) return at / ramp;
  return at <= ramp + hold ? 1 : (ramp + hold + decay - at) / decay;
}

/** Bytes that a job writes or reads per second at an age: it writes its peak while it ramps, and reads from then until it holds nothing. */
export function movedBytesPerSecond(job: SimulatedJob, ageMs: number): number {
  const { curve, lifeMs, peakBytes, reads } = job;
  const at = ageMs / lifeMs;
  if (at < 0 || at >= curve.ramp + curve.hold + curve.decay) return 0;
  if (at < curve.ramp) return (peakBytes / (curve.ramp * lifeMs)) * 1000;
  return ((peakBytes * reads) / ((curve.hold + curve.decay) * lifeMs)) * 1000;
}

/** No job moves more: what Pocket's largest sort did with 500 functions. */
const mostBytesPerSecond = 7.5e9;

/** The least time in which a job can move its bytes. */
export function leastLifeMs({ peakBytes, curve, reads }: Pick<SimulatedJob, 'peakBytes' | 'curve' | 'reads'>): number {
  return (Math.max(peakBytes / curve.ramp, (peakBytes * reads) / (curve.hold + curve.decay)) / mostBytesPerSecond) * 1000;
}

/** The most of {@link movedBytesPerSecond}. */
export function peakBytesPerSecond(job: SimulatedJob): number {
  const { curve, lifeMs } = job;
  return Math.max(movedBytesPerSecond(job, 0), movedBytesPerSecond(job, curve.ramp * lifeMs));
}

/** Bytes × milliseconds held over the job's life. */
export function heldByteMs({ curve, lifeMs, peakBytes }: SimulatedJob): number {
  return peakBytes * lifeMs * (curve.ramp / 2 + curve.hold + curve.decay / 2);
}
