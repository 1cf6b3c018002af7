import { SatchelError } from '@satchel/proto/core';

/** What a simulated day is made of. Everything has a default; `docs/economics.md` gives the reasons. */
export interface SimulationOptions {
  /** The same seed gives the same day. */
  readonly seed: number;
  /** Most nodes that the provider starts. */
  readonly nodes: number;
  readonly jobs: number;
  readonly hours: number;
  /** Shapes of nodes by their EC2 name, with the share of `nodes` that each may have. */
  readonly shapes: readonly { readonly name: string; readonly part: number }[];
  /** Peak of the bytes held by all jobs ÷ memory of the largest fleet; sizes are scaled to it. */
  readonly peakShare: number;
  /** Peak of the largest job ÷ memory of the largest fleet. */
  readonly largestJobShare: number;
  /** Jobs that arrive together, on average. */
  readonly burstJobs: number;
  /** All lifetimes are multiplied by this. */
  readonly lifeFactor: number;
  readonly hints: HintQuality;
  /** Part of the jobs whose name occurs once. */
  readonly adHocShare: number;
  /** Part of the jobs that crash: their lease lapses. */
  readonly crashShare: number;
  readonly leaseMs: number;
  /** From the decision to start a node until it joins. */
  readonly startMs: { readonly least: number; readonly most: number };
  /** Mean time between failures of a node, hours. */
  readonly nodeFailureHours: number;
  /** Part of the nodes that fail which come back, without their memory. */
  readonly nodeReturnShare: number;
  /** Length of a step of the load's model; nodes say that they live, and what jobs use, once in a step. */
  readonly stepMs: number;
  /** How long a node is to be idle before it is let go; undefined: the autoscaler's default. */
  readonly lingerMs: number | undefined;
}

/** Parts of the jobs by what they say of themselves; the rest says nothing. */
export interface HintQuality {
  /** Capacity and throughput within 10 % of the truth. */
  readonly exact: number;
  /** Capacity and throughput wrong by `wrongFactor`, half of them too high. */
  readonly wrong: number;
  readonly wrongFactor: number;
  /** Only how many functions run at once, one for 200 MB. */
  readonly functionsOnly: number;
}

export const defaultOptions: SimulationOptions = {
  seed: 1,
  nodes: 1000,
  jobs: 100_000,
  hours: 24,
  shapes: [{ name: 'r6gd.medium', part: 1 }],
  peakShare: 0.7,
  largestJobShare: 0.03,
  // (CV² + 1) / 2 jobs arriving together give inter-arrival times the variation that Azure's applications have.
  burstJobs: 1.78,
  lifeFactor: 1,
  hints: { exact: 0.4, wrong: 0.15, wrongFactor: 3, functionsOnly: 0.05 },
  adHocShare: 0.3,
  crashShare: 0.005,
  leaseMs: 60_000,
  startMs: { least: 60_000, most: 90_000 },
  nodeFailureHours: 30 * 24,
  nodeReturnShare: 0.5,
  stepMs: 5000,
  lingerMs: undefined,
};

/** Fills in defaults; throws `invalid-argument` naming what cannot be. */
export function simulationOptions(given: Partial<SimulationOptions>): SimulationOptions {
  const options = { ...defaultOptions, ...given };
  const { exact, wrong, functionsOnly } = options.hints;
  check(options.nodes >= 1 && options.jobs >= 1 && options.hours > 0, 'at least one node, one job and some time are needed');
  check(options.peakShare > 0 && options.peakShare <= 1, 'the peak share is above 0 and at most 1: a larger peak fits no fleet');
  check(exact + wrong + functionsOnly <= 1, 'the parts of jobs that give hints add up to at most 1');
  check(options.hints.wrongFactor >= 1, 'hints are wrong by a factor of at least 1');
  return options;
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new SatchelError('invalid-argument', message);
}
