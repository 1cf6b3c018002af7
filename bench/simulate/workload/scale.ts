import { heldPart, leastLifeMs, type SimulatedJob } from './job.js';

/** The resolution in which peaks are looked for. */
export const peakStepMs = 15_000;

type Sized = Omit<SimulatedJob, 'hints' | 'hinted'>;

/** Bytes held by all jobs together, in steps of {@link peakStepMs} from the day's begin. */
export function heldTogether(jobs: readonly Sized[]): Float64Array {
  const endMs = jobs.reduce((end, { startMs, lifeMs }) => Math.max(end, startMs + lifeMs), 0);
  const held = new Float64Array(Math.ceil(endMs / peakStepMs) + 1);
  for (const { startMs, lifeMs, curve, peakBytes } of jobs) {
    for (let step = Math.ceil(startMs / peakStepMs); step * peakStepMs < startMs + lifeMs; step++) {
      held[step] = (held[step] ?? 0) + peakBytes * heldPart(curve, (step * peakStepMs - startMs) / lifeMs);
    }
  }
  return held;
}

/**
 * Multiplies all sizes by the factor that brings the day's peak to `peakBytes`, with no job above `largestBytes`. Jobs that
 * could not move so much in their lifetime live longer.
 */
export function scaledToPeak<Job extends Sized>(
  jobs: readonly Job[],
  peakBytes: number,
  largestBytes: number,
): { readonly jobs: Job[]; readonly scale: number } {
  const scaled = (scale: number) => jobs.map((job) => resized(job, Math.min(largestBytes, job.peakBytes * scale)));
  const peakAt = (scale: number) => heldTogether(scaled(scale)).reduce((most, held) => Math.max(most, held), 0);
  let [low, high] = [1e-4, 1e6];
  for (let round = 0; round < 40 && high / low > 1.001; round++) {
    const middle = Math.sqrt(low * high);
    if (peakAt(middle) > peakBytes) high = middle;
    else low = middle;
  }
  return { jobs: scaled(low), scale: low };
}

function resized<Job extends Sized>(job: Job, bytes: number): Job {
  const peakBytes = Math.max(1, Math.round(bytes));
  return { ...job, peakBytes, lifeMs: Math.max(job.lifeMs, Math.ceil(leastLifeMs({ ...job, peakBytes }))) };
}
