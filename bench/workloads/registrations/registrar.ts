import type { RegisterJobRequest } from '@satchel/proto/gen';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { type Figures, percentileFigures } from '../../figures.js';
import { latencyHistogram, percentilesOf } from '../../statistics.js';

/** Registrations that are measured: `inFlight` at a time, for so long. */
export interface RegistrationLoad {
  readonly request: RegisterJobRequest;
  readonly inFlight: number;
  readonly ms: number;
  /** Whether each job is ended before the next is registered by the same caller. Otherwise all are ended afterwards, unmeasured. */
  readonly end: boolean;
}

/** Registers and ends jobs as clients do. */
export class Registrar {
  readonly #channel: ControllerChannel;

  constructor(controller: string) {
    this.#channel = dial(controller);
  }

  /** Registers jobs that stay; resolves once they are there. */
  async hold(requests: readonly RegisterJobRequest[], inFlight: number): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < requests.length; at = next++) await this.#register(requests[at] ?? {});
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }

  /** Measures registrations; `operationsPerSecond` counts whole ones, with their end if that is part of the load. */
  async run({ request, inFlight, ms, end }: RegistrationLoad): Promise<Figures & { readonly operations: number }> {
    const histogram = latencyHistogram();
    const startedMs = performance.now();
    const jobs: string[] = [];
    const worker = async () => {
      while (performance.now() - startedMs < ms) {
        const started = process.hrtime.bigint();
        const job = await this.#register(request);
        histogram.recordValue(Number(process.hrtime.bigint() - started));
        if (end) await this.#end(job);
        else jobs.push(job);
      }
    };
    const cpuBefore = process.cpuUsage();
    await Promise.all(Array.from({ length: inFlight }, worker));
    const cpu = process.cpuUsage(cpuBefore);
    const operations = histogram.totalCount;
    const elapsedMs = performance.now() - startedMs;
    this.#registered.push(...jobs);
    return {
      operations,
      ...percentileFigures(percentilesOf(histogram)),
      operationsPerSecond: (operations / elapsedMs) * 1000,
      clientCpuUs: (cpu.user + cpu.system) / operations,
    };
  }

  readonly #registered: string[] = [];

  /** Ends what {@link run} left. */
  async endAll(inFlight: number): Promise<void> {
    const worker = async () => {
      for (let job = this.#registered.pop(); job !== undefined; job = this.#registered.pop()) await this.#end(job);
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }

  close(): void {
    this.#channel.close();
  }

  async #register(request: RegisterJobRequest): Promise<string> {
    const { jobs } = this.#channel;
    return (await this.#channel.call(jobs, jobs.registerJob, request, 60_000)).job;
  }

  async #end(job: string): Promise<void> {
    const { jobs } = this.#channel;
    await this.#channel.call(jobs, jobs.endJob, { job }, 60_000);
  }
}
