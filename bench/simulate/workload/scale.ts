import { heldBytes, type SimulatedJob } from './job.js';

/** The resolution in which peaks are looked for. */
export const peakStepMs = 15_000;

type Sized = Omit<SimulatedJob, 'hints' | 'hinted'>;

/** Bytes held by all jobs together, in steps of {@link peakStepMs} from the day's begin. */
export function heldTogether(
  jobs: readonly Sized[],
  bytesOf: (job: Sized) => number = ({ peakBytes }) => peakBytes,
): Float64Array {
  const endMs = jobs.reduce((end, { startMs, lifeMs }) => Math.max(end, startMs + lifeMs), 0);
  const held = new Float64Array(Math.ceil(endMs / peakStepMs) + 1);
  for (const job of jobs) {
    const sized = { ...job, peakBytes: bytesOf(job), hints: {}, hinted: 'none' } as const;
    for (let step = Math.ceil(job.startMs / peakStepMs); step * peakStepMs < job.startMs + job.lifeMs; step++) {
      held[step] = (held[step] ?? 0) + heldBytes(sized, step * peakStepMs - job.startMs);
    }
  }
  return held;
}

/** Multiplies all sizes by the factor that brings the day's peak to `peakBytes`, with no job above `largestBytes`. */
export function scaledToPeak<Job extends Sized>(
  jobs: readonly Job[],
  peakBytes: number,
  largestBytes: number,
): { readonly jobs: Job[]; readonly scale: number } {
  const bytesAt = (job: Sized, scale: number) => Math.min(largestBytes, job.peakBytes * scale);
  const peakAt = (scale: number) =>
    heldTogether(jobs, (job) => bytesAt(job, scale)).reduce((most, held) => Math.max(most, held), 0);
  let [low, high] = [1e-6, 1e9];
  for (let round = 0; round < 40 && high / low > 1.001; round++) {
    const middle = Math.sqrt(low * high);
    if (peakAt(middle) > peakBytes) high = middle;
    else low = middle;
  }
  return { jobs: jobs.map((job) => ({ ...job, peakBytes: Math.max(1, Math.round(bytesAt(job, low))) })), scale: low };
}
