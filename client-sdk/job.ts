import {
  checkName,
  formatJobUrl,
  type HintsInput,
  type JobUrl,
  parseJobUrl,
  randomId,
  type SatchelError,
  systemClock,
  type Verb,
} from '@satchel/proto/core';
import type {
  Allocation__Output,
  Hints,
  JobEvent__Output,
  Reason__Output,
  SlotMap__Output,
  Usage__Output,
} from '@satchel/proto/gen';
import type { ControllerChannel } from '@satchel/proto/rpc';
import { Lease } from './lease.js';
import { type ConnectOptions, completeConnectOptions } from './options.js';
import { beginStage, type Stage, type StageOptions } from './stage.js';
import { Store } from './store.js';

/** gRPC is loaded by those who talk to the controller: a function that only uses a store starts without it. */
const loadRpc = () => import('@satchel/proto/rpc');

/** What the controller granted. Sizes are bytes, 0 for the quota is none. */
export type JobAllocation = Allocation__Output;
/** A number the controller decided and where it came from. */
export type JobReason = Reason__Output;
/** What a job has used so far. */
export type JobUsage = Usage__Output;
/** Which shard owns which slots, and where the shards are. */
export type JobSlotMap = SlotMap__Output;

/** What happened to a job; `kind` says which of the fields mean something. */
export type JobEvent = JobEvent__Output;

/** How a job is held. */
export interface HoldOptions {
  /** `host:port` of the controller, or of several with commas between. Default: SATCHEL_CONTROLLER, else 127.0.0.1:7400. */
  readonly controller?: string;
  /** Called once when the job is over although it is held: its lease lapsed or someone else ended it. */
  readonly onLeaseLost?: (error: SatchelError) => void;
  /** Called when a third of the lease is left and it could not be renewed; the job lapses at `expiresAtMs` unless it is in time. */
  readonly onLeaseWarning?: (expiresAtMs: number) => void;
  /** How the job's store connects. */
  readonly connect?: ConnectOptions;
}

/** A job to be: its name, hints, lease and who may do what. */
export interface RegisterJobOptions extends HintsInput, HoldOptions {
  readonly name: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Default: the controller's, 60. */
  readonly leaseSeconds?: number;
  /** What the token allows. Default: read and write. */
  readonly verbs?: readonly Verb[];
}

/** What a job begins with. */
interface JobStart {
  readonly url: JobUrl;
  readonly leaseSeconds: number;
  readonly allocation: JobAllocation | null;
  readonly reasons: readonly JobReason[];
  readonly slotMap: JobSlotMap | null;
}

/**
 * A job that this process holds: its lease is renewed as long as the process lives, until `end` or `release`. Holding it does not keep
 * the process alive.
 */
export class Job {
  readonly id: string;
  /** What the controller granted; null if it did not say. */
  readonly allocation: JobAllocation | null;
  /** Why the allocation is as it is. */
  readonly reasons: readonly JobReason[];
  /** The slot map when the job was registered or attached. */
  readonly slotMap: JobSlotMap | null;
  readonly #channel: ControllerChannel;
  readonly #start: JobStart;
  readonly #connectOptions: ConnectOptions;
  readonly #credentials: { readonly job: string; token: string };
  readonly #lease: Lease;
  #leaseSeconds: number;
  #store: Store | undefined;
  #usage: JobUsage | null | undefined;
  readonly #stages = new Set<Stage>();

  /** See {@link registerJob} and {@link attachJob}. Takes over the channel. */
  constructor(channel: ControllerChannel, start: JobStart, options: HoldOptions) {
    this.id = start.url.job;
    this.allocation = start.allocation;
    this.reasons = start.reasons;
    this.slotMap = start.slotMap;
    this.#channel = channel;
    this.#start = start;
    this.#connectOptions = options.connect ?? {};
    this.#credentials = { job: start.url.job, token: start.url.token };
    this.#leaseSeconds = start.leaseSeconds;
    this.#lease = new Lease(start.leaseSeconds * 1000, {
      renew: (timeoutMs) => this.renew(timeoutMs),
      onLost: (error) => options.onLeaseLost?.(error),
      ...(options.onLeaseWarning && { onWarning: options.onLeaseWarning }),
      clock: systemClock,
      random: Math.random,
    });
  }

  /** What functions are handed; with the newest token. */
  get url(): string {
    return formatJobUrl({ ...this.#start.url, token: this.token });
  }

  get token(): string {
    return this.#credentials.token;
  }

  get leaseSeconds(): number {
    return this.#leaseSeconds;
  }

  /** The job's objects; one store, connected on its first call. */
  get store(): Store {
    this.#store ??= new Store(this.#start.url, this.#credentials, this.#connectOptions);
    return this.#store;
  }

  /** Renews the lease now, besides the automatic renewals; resolves to its period in milliseconds. Gives up after 10 s unless told. */
  async renew(timeoutMs?: number): Promise<number> {
    const { jobs } = this.#channel;
    const renewed = await this.#channel.call(jobs, jobs.renewJob, { job: this.id }, timeoutMs);
    if (renewed.token !== '') this.#credentials.token = renewed.token;
    this.#leaseSeconds = renewed.leaseSeconds;
    return renewed.leaseSeconds * 1000;
  }

  /** What the job has used so far, as far as the nodes have reported. */
  async usage(): Promise<JobUsage | null> {
    const { jobs } = this.#channel;
    return (await this.#channel.call(jobs, jobs.getJob, { job: this.id })).usage;
  }

  /**
   * Begins a part of the job with a key prefix, and a lease of its own if it is given one. Rejects with `invalid-argument` if others have keys in
   * common with it, or `gone` if the parent has ended.
   */
  async beginStage(name: string, options: StageOptions = {}): Promise<Stage> {
    const stage = await beginStage(this.#channel, this.id, name, options);
    this.#stages.add(stage);
    return stage;
  }

  /**
   * What happens to the job from now on: `lease-warning`, `stage-warning`, `stage-begun`, `stage-ending`, `stage-ended`, `slots-changed`, `ending`,
   * `ended`, after which there are no more; `watching` comes first. Rejects with `no-job`, or `unavailable` when the controller goes away. Waiting for
   * events keeps the process alive; leave the loop to stop.
   */
  async *events(): AsyncGenerator<JobEvent, void, void> {
    const { fromServiceError } = await loadRpc();
    const stream = this.#channel.jobs.watchJob({ job: this.id });
    try {
      for await (const event of stream) yield event as JobEvent;
    } catch (error) {
      throw fromServiceError(error as Parameters<typeof fromServiceError>[0], this.#channel.address);
    } finally {
      stream.on('error', () => {});
      stream.cancel();
    }
  }

  /** Ends the job: everything but persisted objects is reclaimed on every node. Returns what it used. Idempotent. */
  async end(): Promise<JobUsage | null> {
    if (this.#usage !== undefined) return this.#usage;
    this.#stopLeases();
    await this.#store?.close();
    const { jobs } = this.#channel;
    this.#usage = (await this.#channel.call(jobs, jobs.endJob, { job: this.id })).usage;
    this.#channel.close();
    return this.#usage;
  }

  /** Lets the job go without ending it: the store is closed and the lease renewed no longer. Idempotent. */
  async release(): Promise<void> {
    this.#stopLeases();
    await this.#store?.close();
    this.#channel.close();
  }

  #stopLeases(): void {
    this.#lease.stop();
    for (const stage of this.#stages) stage.release();
  }

  /** Ends the job. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** Registers a job and holds it. Rejects with `invalid-argument`, or `unavailable` if the controller cannot be reached. */
export async function registerJob(options: RegisterJobOptions): Promise<Job> {
  const request = {
    name: checkName('job name', options.name),
    namespace: options.namespace ?? '',
    hints: await hintsMessage(options),
    leaseSeconds: options.leaseSeconds ?? 0,
    verbs: [...(options.verbs ?? [])],
    requestId: randomId(24),
  };
  completeConnectOptions(options.connect ?? {});
  return onChannel(options, async (channel) => {
    const { url, ...start } = await channel.call(channel.jobs, channel.jobs.registerJob, request);
    return new Job(channel, { ...start, url: parseJobUrl(url) }, options);
  });
}

/** Holds a job that exists already: renews its lease, now and from now on. Rejects with `no-job` if it has ended. */
export function attachJob(url: string, options: HoldOptions = {}): Promise<Job> {
  const parsed = parseJobUrl(url);
  return onChannel(options, async (channel) => {
    const { jobs } = channel;
    const renewed = await channel.call(jobs, jobs.renewJob, { job: parsed.job });
    const job = await channel.call(jobs, jobs.getJob, { job: parsed.job });
    const token = renewed.token === '' ? parsed.token : renewed.token;
    return new Job(channel, { ...job, leaseSeconds: renewed.leaseSeconds, url: { ...parsed, token } }, options);
  });
}

/** Runs `use` on a channel to the controller, which is closed if that fails. */
async function onChannel(options: HoldOptions, use: (channel: ControllerChannel) => Promise<Job>): Promise<Job> {
  const { controllerAddress, dial } = await loadRpc();
  const channel = dial(controllerAddress(options.controller));
  try {
    return await use(channel);
  } catch (error) {
    channel.close();
    throw error;
  }
}

async function hintsMessage(options: RegisterJobOptions): Promise<Hints> {
  const { hintNames, parseHints } = await import('@satchel/proto/validation');
  const given = hintNames.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined);
  const hints = parseHints(Object.fromEntries(given));
  return {
    ...(hints.capacity !== undefined && { capacityBytes: hints.capacity }),
    ...(hints.throughput !== undefined && { throughputBytesPerSecond: hints.throughput }),
    ...(hints.functions !== undefined && { functions: hints.functions }),
    ...(hints.latencySensitive !== undefined && { latencySensitive: hints.latencySensitive }),
    ...(hints.evict !== undefined && { evict: hints.evict }),
    ...(hints.replicas !== undefined && { replicas: hints.replicas }),
    ...(hints.requests !== undefined && { requestsPerSecond: hints.requests }),
    ...(hints.valueSize !== undefined && { valueBytes: hints.valueSize }),
    ...(hints.lifetimeSeconds !== undefined && { lifetimeSeconds: hints.lifetimeSeconds }),
  };
}
