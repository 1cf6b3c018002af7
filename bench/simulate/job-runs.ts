import type { JobRecord, SimulatedController } from '@satchel/controller/simulation';
import { SatchelError } from '@satchel/proto/core';
import type { SimulatedTokens } from './fleet/tokens.js';
import type { HeldJob } from './load/held-job.js';
import type { LoadModel } from './load/load-model.js';
import type { SimulationOptions } from './options.js';
import type { VirtualClock } from './virtual-clock.js';
import type { SimulatedJob } from './workload/job.js';
import { Random } from './workload/random.js';

/** Namespaces that the jobs' names are spread over. */
const namespaces = 20;
interface RunsWorld {
  readonly options: SimulationOptions;
  readonly clock: VirtualClock;
  readonly controller: SimulatedController;
  readonly load: LoadModel;
  readonly tokens: SimulatedTokens;
}

/** A job that began with less than it asked for. */
export interface Short {
  readonly atMs: number;
  readonly missingBytes: number;
  readonly missingBytesPerSecond: number;
  /** How long until it had all; undefined: it ended before. */
  widenedMs: number | undefined;
}

interface Running {
  readonly id: string;
  readonly job: SimulatedJob;
  readonly held: HeldJob;
  readonly endsMs: number;
}

/** Clients: each job registers, renews its lease, and ends or crashes. */
export class JobRuns {
  readonly #world: RunsWorld;
  readonly #random: Random;
  readonly #running = new Map<string, Running>();
  readonly #waiting = new Map<string, Short>();
  readonly shorts: Short[] = [];
  readonly refused: { readonly job: SimulatedJob; readonly because: string }[] = [];
  /** Milliseconds by the machine's clock that the controller's code took of each registration, nodes' answers included. */
  readonly registrationWallMs: number[] = [];
  /** Virtual milliseconds from call to answer. */
  readonly registrationMs: number[] = [];
  readonly seen = new Set<SimulatedJob>();
  registered = 0;
  ended = 0;
  lapsed = 0;

  constructor(world: RunsWorld) {
    this.#world = world;
    this.#random = new Random(world.options.seed, 'clients');
  }

  get live(): number {
    return this.#running.size;
  }

  /** From now on jobs start at their times. */
  begin(jobs: readonly SimulatedJob[]): void {
    const { clock } = this.#world;
    const beganMs = clock.passedMs;
    let next = 0;
    // One timer for the next job instead of one for each.
    const startNext = () => {
      const job = jobs[next++];
      if (job === undefined) return;
      clock.at(beganMs + job.startMs, () => {
        this.#start(job);
        startNext();
      });
    };
    startNext();
  }

  /** How long a job still lives. */
  remainingMs(id: string): number {
    return Math.max(1000, (this.#running.get(id)?.endsMs ?? 0) - this.#world.clock.passedMs);
  }

  /** Looks after every step which jobs have got what they lacked, and which ones the controller has ended. */
  look(): void {
    const { clock, controller } = this.#world;
    for (const [id, short] of this.#waiting) {
      const record = controller.jobs.table.get(id);
      if (record === undefined || record.state.kind !== 'active') this.#waiting.delete(id);
      else if (record.deficit === undefined) {
        short.widenedMs = clock.passedMs - short.atMs;
        this.#waiting.delete(id);
      }
    }
    for (const { id, held } of this.#running.values()) {
      if (!held.frozen || !held.job.crashes || controller.jobs.table.get(id)?.state.kind === 'active') continue;
      this.lapsed++;
      this.#forget(id);
    }
  }

  #start(job: SimulatedJob): void {
    const { controller, clock, options } = this.#world;
    const calledMs = clock.now();
    const called = performance.now();
    const namespace = `team-${hash(job.name) % namespaces}`;
    const request = { name: job.name, namespace, hints: job.hints, leaseMs: options.leaseMs, verbs: ['read', 'write'] as const };
    controller.jobs.register(request).then(
      ({ record }) => {
        this.registrationWallMs.push(performance.now() - called);
        this.registrationMs.push(clock.now() - calledMs);
        this.#started(job, record);
      },
      (error: unknown) => this.refused.push({ job, because: SatchelError.from(error).message }),
    );
  }

  #started(job: SimulatedJob, record: JobRecord): void {
    const { clock, load } = this.#world;
    this.registered++;
    const id = record.job;
    const held = load.start(id, job, record, clock.passedMs);
    const running = { id, job, held, endsMs: clock.passedMs + job.lifeMs };
    this.#running.set(id, running);
    if (record.deficit !== undefined) {
      const { bytes, throughputBytesPerSecond } = record.deficit;
      const short = {
        atMs: clock.passedMs,
        missingBytes: bytes,
        missingBytesPerSecond: throughputBytesPerSecond,
        widenedMs: undefined,
      };
      this.shorts.push(short);
      this.#waiting.set(id, short);
    }
    this.#renewLater(running);
    if (job.crashes) clock.after(Math.round(job.lifeMs * this.#random.next()), () => this.#crash(running));
    else clock.after(job.lifeMs, () => this.#end(running));
  }

  #renewLater(running: Running): void {
    const { clock, controller, options } = this.#world;
    clock.after(options.leaseMs / 2, () => {
      if (running.held.frozen || !this.#running.has(running.id)) return;
      controller.jobs.renew(running.id).catch(() => undefined);
      this.#renewLater(running);
    });
  }

  #end(running: Running): void {
    this.ended++;
    running.held.frozen = true;
    this.#world.controller.jobs.end(running.id).then(
      () => this.#forget(running.id),
      () => this.#forget(running.id),
    );
  }

  #crash({ held }: Running): void {
    held.frozen = true;
  }

  #forget(id: string): void {
    this.#running.delete(id);
    this.#world.load.jobs.delete(id);
    this.#world.tokens.forget(id);
  }
}

function hash(text: string): number {
  let value = 2166136261;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16777619) >>> 0;
  return value;
}
