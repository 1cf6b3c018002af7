import type { Hints } from '@satchel/proto/core';
import type { SimulationOptions } from '../options.js';
import { Daily } from './daily.js';
import { peakBytesPerSecond, type SimulatedJob } from './job.js';
import { type KindModel, kindModels } from './kinds.js';
import { type RecurringName, recurringNames } from './names.js';
import { Random } from './random.js';
import { scaledToPeak } from './scale.js';

/** A run differs from the others of its name by this much, log-normally. */
const runSigma = 0.2;
const leastLifeMs = 2000;
const mostLifeMs = 6 * 3600 * 1000;
/** Mean gap between jobs that arrive together. */
const burstGapMs = 2000;
/** Data of one function, and the most functions: Pocket's sorts had 100 to 400 MB each, and 1,000 at most. */
const bytesPerFunction = 200e6;
const mostFunctions = 1000;

/** The day's jobs in the order of their start, and the factor that all published sizes were multiplied by. */
export interface Workload {
  readonly jobs: readonly SimulatedJob[];
  readonly scale: number;
}

/** Draws the day's jobs. `fleetBytes` is the memory of the largest fleet, which the day's peak is scaled to. */
export function drawWorkload(options: SimulationOptions, fleetBytes: number): Workload {
  // In a small fleet the largest job may fill a node all the same.
  const largestBytes = Math.max(options.largestJobShare, 1 / options.nodes) * fleetBytes;
  const models = kindModels(new Random(options.seed, 'kinds'));
  const parts = models.reduce((sum, { part }) => sum + part, 0);
  const drafts = models.flatMap((model, index) =>
    drawKind(model, Math.round((options.jobs * model.part) / parts), options, index),
  );
  const { jobs, scale } = scaledToPeak(drafts, options.peakShare * fleetBytes, largestBytes);
  const ordered = jobs.toSorted((a, b) => a.startMs - b.startMs || a.index - b.index);
  const random = new Random(options.seed, 'hints');
  return { jobs: ordered.map((job, index) => withHints({ ...job, index }, options, random)), scale };
}

type Draft = Omit<SimulatedJob, 'hints' | 'hinted'> & { readonly latencySensitive: boolean };

function drawKind(model: KindModel, count: number, options: SimulationOptions, modelIndex: number): Draft[] {
  const random = new Random(options.seed, `jobs ${modelIndex}`);
  const label = `${model.kind}${modelIndex}`;
  const names = recurringNames(label, count, model.lifeSigma, random);
  const daily = new Daily(model.daily);
  const drafts: Draft[] = [];
  while (drafts.length < count) {
    let startMs = daily.at(random.next()) * options.hours * 3_600_000;
    const name = random.next() < options.adHocShare ? undefined : nameAt(names, random.next());
    const burst = Math.min(count - drafts.length, random.geometric(options.burstJobs));
    for (let member = 0; member < burst; member++) {
      drafts.push(drawJob(model, name, { startMs, index: modelIndex * 1e7 + drafts.length, label }, options, random));
      startMs += random.exponential(burstGapMs);
    }
  }
  return drafts.filter(({ startMs }) => startMs < options.hours * 3_600_000);
}

function drawJob(
  model: KindModel,
  name: RecurringName | undefined,
  { startMs, index, label }: { startMs: number; index: number; label: string },
  options: SimulationOptions,
  random: Random,
): Draft {
  const u = name === undefined ? random.next() : random.between(name.from, name.to);
  const lifeFactor = name === undefined ? random.logNormal(model.lifeSigma) : name.lifeFactor;
  const lifeMs = model.lifeSeconds * 1000 * lifeFactor * random.logNormal(runSigma) * options.lifeFactor;
  return {
    index,
    name: name?.name ?? `${label}-once-${index}`,
    kind: model.kind,
    startMs: Math.round(startMs),
    lifeMs: Math.round(Math.min(mostLifeMs, Math.max(leastLifeMs, lifeMs))),
    peakBytes: model.bytesAt(u) * random.logNormal(runSigma),
    curve: model.curve,
    reads: model.reads,
    objectBytes: model.objectBytes,
    latencySensitive: model.latencySensitive,
    crashes: random.next() < options.crashShare,
  };
}

function nameAt(names: readonly RecurringName[], u: number): RecurringName | undefined {
  let low = 0;
  let high = names.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((names[middle]?.from ?? 1) <= u) low = middle;
    else high = middle;
  }
  return names[low];
}

/** The job with what it says of itself. */
function withHints({ latencySensitive, ...draft }: Draft, options: SimulationOptions, random: Random): SimulatedJob {
  const job: SimulatedJob = { ...draft, hints: {}, hinted: 'none' };
  return { ...job, ...hintsOf(job, latencySensitive, options, random) };
}

/** What the job says of itself. */
function hintsOf(
  job: SimulatedJob,
  latencySensitive: boolean,
  { hints }: SimulationOptions,
  random: Random,
): Pick<SimulatedJob, 'hints' | 'hinted'> {
  const choice = random.next();
  const deviation = random.between(0.9, 1.1);
  const wrong = random.next() < 0.5 ? hints.wrongFactor : 1 / hints.wrongFactor;
  const sized = (factor: number): Hints => ({
    capacity: Math.max(1, Math.round(job.peakBytes * factor)),
    throughput: Math.max(1, Math.round(peakBytesPerSecond(job) * factor)),
    latencySensitive,
  });
  if (choice < hints.exact) return { hints: sized(deviation), hinted: 'exact' };
  if (choice < hints.exact + hints.wrong) return { hints: sized(deviation * wrong), hinted: 'wrong' };
  if (choice < hints.exact + hints.wrong + hints.functionsOnly) {
    return {
      hints: { functions: Math.min(mostFunctions, Math.max(1, Math.ceil(job.peakBytes / bytesPerFunction))) },
      hinted: 'functions',
    };
  }
  return { hints: {}, hinted: 'none' };
}
