import type { NodeProvider, ProvidedNode } from '@satchel/controller/simulation';
import type { SimulationOptions } from '../options.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { Random } from '../workload/random.js';
import { leastBilledMs } from './instances.js';
import type { SimulatedShape } from './shapes.js';
import { type NodeWorld, SyntheticNode } from './synthetic-node.js';

/** A machine that is paid for, from the moment it was asked for until it was given back. */
interface Machine {
  readonly node: SyntheticNode;
  readonly sinceMs: number;
  phase: ProvidedNode['phase'];
}

/** Time a node that failed takes to come back. */
const rebootMs = 120_000;
const hourMs = 3_600_000;

/** What nodes that died did. */
export interface DeathToll {
  died: number;
  returned: number;
  lostBytes: number;
  lostObjects: number;
  jobsHit: number;
}

/** A cloud: machines of some shapes that come a while after they were asked for, cost by the second, and die now and then. */
export class SimulatedProvider implements NodeProvider {
  readonly kind = 'local';
  readonly shapes: readonly SimulatedShape[];
  readonly deaths: DeathToll = { died: 0, returned: 0, lostBytes: 0, lostObjects: 0, jobsHit: 0 };
  readonly #options: SimulationOptions;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #world: NodeWorld;
  readonly #machines = new Map<string, Machine>();
  #started = 0;
  /** Dollars of machines that were given back. */
  #spent = 0;
  #nodeMs = 0;

  constructor(options: SimulationOptions, shapes: readonly SimulatedShape[], random: Random, world: Omit<NodeWorld, 'over'>) {
    this.#options = options;
    this.shapes = shapes;
    this.#random = random;
    this.#clock = world.clock;
    this.#world = { ...world, over: (node, how) => this.#over(node, how) };
  }

  get started(): number {
    return this.#started;
  }

  /** Machines that are paid for. */
  *machines(): IterableIterator<{ readonly node: SyntheticNode; readonly phase: ProvidedNode['phase'] }> {
    yield* this.#machines.values();
  }

  /** Dollars spent until now, with what present machines have cost. */
  get dollars(): number {
    let sum = this.#spent;
    for (const machine of this.#machines.values()) sum += this.#costOf(machine);
    return sum;
  }

  /** Hours paid for until now, of all machines. */
  get nodeHours(): number {
    let sum = this.#nodeMs;
    for (const { sinceMs } of this.#machines.values()) sum += this.#clock.now() - sinceMs;
    return sum / hourMs;
  }

  nodes(): Promise<readonly ProvidedNode[]> {
    return Promise.resolve(
      [...this.#machines.values()].map(({ node, phase }) => ({ node: node.name, shape: node.shape.name, phase })),
    );
  }

  start(name: string, count: number): Promise<readonly string[]> {
    const shape = this.shapes.find((each) => each.name === name);
    if (shape === undefined) return Promise.reject(new Error(`no shape ${name}`));
    return Promise.resolve(Array.from({ length: count }, () => this.#startOne(shape)));
  }

  removable(nodes: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve(nodes);
  }

  remove(name: string): Promise<void> {
    const machine = this.#machines.get(name);
    if (machine !== undefined) {
      machine.node.die(true);
      this.#spent += this.#costOf(machine);
      this.#nodeMs += this.#clock.now() - machine.sinceMs;
      this.#machines.delete(name);
    }
    return Promise.resolve();
  }

  async close(): Promise<void> {}

  #startOne(shape: SimulatedShape): string {
    const number = ++this.#started;
    const node = new SyntheticNode(`node-${number}`, number, shape, this.#world);
    const machine: Machine = { node, sinceMs: this.#clock.now(), phase: 'starting' };
    this.#machines.set(node.name, machine);
    const { least, most } = this.#options.startMs;
    this.#clock.after(Math.round(this.#random.between(least, most)), () => {
      if (this.#machines.get(node.name) !== machine) return;
      machine.phase = 'running';
      node.join();
      this.#awaitDeath(machine);
    });
    return node.name;
  }

  #awaitDeath(machine: Machine): void {
    const inMs = this.#random.exponential(this.#options.nodeFailureHours * hourMs);
    const returns = this.#random.next() < this.#options.nodeReturnShare;
    // Later than any day ends: no need for a timer.
    if (inMs > 48 * hourMs) return;
    this.#clock.after(Math.round(inMs), () => {
      if (this.#machines.get(machine.node.name) === machine && machine.node.state === 'up') this.#die(machine, returns);
    });
  }

  #die(machine: Machine, returns: boolean): void {
    const lost = machine.node.die(!returns);
    this.deaths.died++;
    for (const [job, bytes] of lost) {
      this.deaths.lostBytes += bytes;
      this.deaths.lostObjects += Math.ceil(bytes / (this.#world.load.jobs.get(job)?.job.objectBytes ?? 1));
      this.deaths.jobsHit++;
    }
    if (!returns) {
      machine.phase = 'failed';
      return;
    }
    this.#clock.after(rebootMs, () => {
      if (this.#machines.get(machine.node.name) !== machine) return;
      this.deaths.returned++;
      machine.node.join();
      this.#awaitDeath(machine);
    });
  }

  #over(node: SyntheticNode, how: 'left' | 'rejected'): void {
    const machine = this.#machines.get(node.name);
    if (machine !== undefined) machine.phase = how === 'left' ? 'left' : 'failed';
  }

  #costOf({ node, sinceMs }: Machine): number {
    const billedMs = Math.max(leastBilledMs, this.#clock.now() - sinceMs);
    return (billedMs / hourMs) * node.shape.dollarsPerHour;
  }
}
