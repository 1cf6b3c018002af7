import { type AutoscalePolicy, type SimulatedController, simulateController } from '@satchel/controller/simulation';
import { DirectStore } from './fleet/direct-store.js';
import { fleetBytes, shapesOf } from './fleet/shapes.js';
import { SimulatedProvider } from './fleet/simulated-provider.js';
import { SimulatedTokens } from './fleet/tokens.js';
import { JobRuns } from './job-runs.js';
import { LoadModel } from './load/load-model.js';
import type { SimulationOptions } from './options.js';
import { Sampler } from './report/sampler.js';
import { VirtualClock } from './virtual-clock.js';
import { Random } from './workload/random.js';
import { drawWorkload, type Workload } from './workload/workload.js';

/** The controller's part of the fleet's size that is always there. */
const leastNodes = 3;
/** Virtual time before the first job, in which the least fleet starts. */
export const warmUpMs = 120_000;

/** A day that has passed, with everything that can be read of it. */
export interface Day {
  readonly options: SimulationOptions;
  readonly workload: Workload;
  readonly provider: SimulatedProvider;
  readonly load: LoadModel;
  readonly runs: JobRuns;
  readonly sampler: Sampler;
  readonly controller: SimulatedController;
  /** What the simulation took: by the machine's clock, of its processors, and of memory by now. */
  readonly took: { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number };
}

/** Lives through a day: jobs come and go, nodes start, are drained and die, the controller decides. `progress` hears of each virtual hour that has passed. */
export async function liveThrough(
  options: SimulationOptions,
  progress: (hour: number, day: Day) => void = () => undefined,
): Promise<Day> {
  const began = performance.now();
  const beganCpu = process.cpuUsage();
  const clock = new VirtualClock();
  const shapes = shapesOf(options);
  const workload = drawWorkload(options, fleetBytes(shapes));
  const load = new LoadModel();
  const tokens = new SimulatedTokens();
  const provider = new SimulatedProvider(options, shapes, new Random(options.seed, 'nodes'), {
    clock,
    load,
    open: (link) => controller.open(link),
    drainMs: (job) => runs.remainingMs(job) / 2,
  });
  const controller: SimulatedController = simulateController({
    clock,
    store: new DirectStore(),
    tokens,
    provider,
    policy: policyOf(options),
    heartbeatMs: options.stepMs,
  });
  const runs: JobRuns = new JobRuns({ options, clock, controller, load, tokens });
  const sampler = new Sampler(clock, provider, load, runs, controller);
  const day = (): Day => {
    const { user, system } = process.cpuUsage(beganCpu);
    const seconds = (performance.now() - began) / 1000;
    const took = { seconds, cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 };
    return { options, workload, provider, load, runs, sampler, controller, took };
  };
  beatHearts(clock, options.stepMs, provider);
  stepLoad(clock, options, load, runs, controller);
  await clock.runUntil(warmUpMs);
  runs.begin(workload.jobs);
  sampler.begin();
  for (let hour = 1; hour <= Math.ceil(options.hours); hour++) {
    await clock.runUntil(warmUpMs + Math.min(hour, options.hours) * 3_600_000);
    progress(hour, day());
  }
  sampler.end();
  controller.close();
  return day();
}

/** Nothing is observed between two steps of the load, so that the fleet need not be looked at; what jobs lack is heard of at once. */
function policyOf({ nodes, lingerMs, stepMs }: SimulationOptions): Partial<AutoscalePolicy> {
  return { tickMs: stepMs, least: Math.min(leastNodes, nodes), most: nodes, ...(lingerMs !== undefined && { lingerMs }) };
}

/** Parts that the nodes are divided into, so that not all speak in the same moment. */
const phases = 5;

/** Each node speaks once in a step of the load: in between nothing changes that it could say. */
function beatHearts(clock: VirtualClock, stepMs: number, provider: SimulatedProvider): void {
  let beats = 0;
  const beat = () => {
    clock.after(stepMs / phases, beat);
    const phase = beats++ % phases;
    for (const { node } of provider.machines()) if (node.number % phases === phase) node.beat();
  };
  clock.after(stepMs, beat);
}

function stepLoad(
  clock: VirtualClock,
  options: SimulationOptions,
  load: LoadModel,
  runs: JobRuns,
  controller: SimulatedController,
): void {
  const step = () => {
    clock.after(options.stepMs, step);
    load.step(clock.passedMs, options.stepMs / 1000, (id) => controller.jobs.table.get(id));
    runs.look();
  };
  clock.after(options.stepMs, step);
}
