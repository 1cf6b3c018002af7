import type { SimulatedController } from '@satchel/controller/simulation';
import type { SimulatedProvider } from '../fleet/simulated-provider.js';
import type { JobRuns } from '../job-runs.js';
import type { LoadModel } from '../load/load-model.js';
import type { VirtualClock } from '../virtual-clock.js';

const sampleMs = 60_000;

/** One minute of the day. Capacities are of all nodes that are paid for, whatever their state. */
export interface Sample {
  readonly minute: number;
  readonly liveJobs: number;
  readonly nodesUp: number;
  readonly nodesStarting: number;
  readonly nodesDraining: number;
  readonly nodesDown: number;
  readonly dollarsPerHour: number;
  /** What running jobs want to hold, and what of it they may not (over quota, no shard up). */
  readonly wantedBytes: number;
  readonly refusedBytes: number;
  readonly objectBytes: number;
  readonly dramHeldBytes: number;
  readonly dramUsedBytes: number;
  readonly dramReservedBytes: number;
  readonly ssdHeldBytes: number;
  readonly ssdUsedBytes: number;
  readonly ssdReservedBytes: number;
  readonly networkHeldBytesPerSecond: number;
  readonly networkUsedBytesPerSecond: number;
  readonly networkReservedBytesPerSecond: number;
}

/** Reads the whole system once a minute. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #clock: VirtualClock;
  readonly #provider: SimulatedProvider;
  readonly #load: LoadModel;
  readonly #runs: JobRuns;
  readonly #controller: SimulatedController;
  #beganDollars = 0;
  #beganNodeHours = 0;
  #endedDollars = 0;
  #endedNodeHours = 0;

  constructor(clock: VirtualClock, provider: SimulatedProvider, load: LoadModel, runs: JobRuns, controller: SimulatedController) {
    this.#clock = clock;
    this.#provider = provider;
    this.#load = load;
    this.#runs = runs;
    this.#controller = controller;
  }

  /** Dollars for nodes between begin and end. */
  get nodeDollars(): number {
    return this.#endedDollars - this.#beganDollars;
  }

  get nodeHours(): number {
    return this.#endedNodeHours - this.#beganNodeHours;
  }

  begin(): void {
    this.#beganDollars = this.#provider.dollars;
    this.#beganNodeHours = this.#provider.nodeHours;
    const sample = () => {
      this.#clock.after(sampleMs, sample);
      this.samples.push(this.#sample());
    };
    this.#clock.after(sampleMs, sample);
  }

  end(): void {
    this.#endedDollars = this.#provider.dollars;
    this.#endedNodeHours = this.#provider.nodeHours;
  }

  #sample(): Sample {
    const { wantedBytes, refusedBytes, objectBytes, dramBytes, ssdBytes, bytesPerSecond } = this.#load.totals;
    return {
      minute: this.samples.length + 1,
      liveJobs: this.#runs.live,
      ...this.#nodes(),
      wantedBytes: Math.round(wantedBytes),
      refusedBytes: Math.round(refusedBytes),
      objectBytes: Math.round(objectBytes),
      dramUsedBytes: Math.round(dramBytes),
      ssdUsedBytes: Math.round(ssdBytes),
      networkUsedBytesPerSecond: Math.round(bytesPerSecond),
    };
  }

  #nodes() {
    const sums = { nodesUp: 0, nodesStarting: 0, nodesDraining: 0, nodesDown: 0, dollarsPerHour: 0 };
    const bytes = { dramHeldBytes: 0, dramReservedBytes: 0, ssdHeldBytes: 0, ssdReservedBytes: 0 };
    const rates = { networkHeldBytesPerSecond: 0, networkReservedBytesPerSecond: 0 };
    for (const { node } of this.#provider.machines()) {
      sums[this.#stateOf(node.name, node.state)]++;
      sums.dollarsPerHour += node.shape.dollarsPerHour;
      bytes.dramHeldBytes += node.shape.dramBytes;
      bytes.ssdHeldBytes += node.shape.ssdBytes;
      rates.networkHeldBytesPerSecond += node.shape.throughputBytesPerSecond;
      for (const { shard } of node.shards) {
        const reserved = this.#controller.jobs.reserved.of(shard);
        bytes.dramReservedBytes += reserved.dramBytes;
        bytes.ssdReservedBytes += reserved.ssdBytes;
        rates.networkReservedBytesPerSecond += reserved.throughputBytesPerSecond;
      }
    }
    return { ...sums, ...bytes, ...rates };
  }

  #stateOf(name: string, state: string): 'nodesUp' | 'nodesStarting' | 'nodesDraining' | 'nodesDown' {
    if (state === 'starting') return 'nodesStarting';
    if (state !== 'up') return 'nodesDown';
    return this.#controller.fleet.node(name)?.record.draining ? 'nodesDraining' : 'nodesUp';
  }
}
