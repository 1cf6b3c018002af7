import { SatchelError } from '@satchel/proto/core';
import { percentileFigures } from '../figures.js';
import { latencyHistogram, percentilesOf } from '../statistics.js';
import type { Subject } from '../subjects.js';
import { bulkKey } from './bulk.js';
import type { LoadFigures } from './server-cpu.js';

/** Load that goes on until it is ended, on objects that were stored in bulk. */
export interface LoadOptions {
  /** `churn`: 45 % gets, 45 % puts, 5 % deletes each followed by a put of the same key. */
  readonly mix: 'get' | 'put' | 'churn';
  readonly prefix: string;
  readonly keys: number;
  readonly valueBytes: number;
  readonly inFlight: number;
}

const getShare = 0.45;
const putShare = 0.45;

/** A load that runs in the background of this process. */
export class SteadyLoad {
  readonly #subject: Subject;
  readonly #options: LoadOptions;
  readonly #value: Buffer;
  readonly #histogram = latencyHistogram();
  readonly #startedMs = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  readonly #done: Promise<void>;
  #gets = 0;
  #hits = 0;
  #ending = false;

  /** Begins at once. */
  constructor(subject: Subject, options: LoadOptions) {
    this.#subject = subject;
    this.#options = options;
    this.#value = Buffer.alloc(options.valueBytes, 'x');
    this.#done = Promise.all(Array.from({ length: options.inFlight }, () => this.#run())).then(() => {});
    // Told by `end`.
    this.#done.catch(() => {});
  }

  /** Lets what is in flight finish. Rejects if an operation failed or values were not those that were put. */
  async end(): Promise<LoadFigures> {
    this.#ending = true;
    await this.#done;
    const operations = this.#histogram.totalCount;
    const cpu = process.cpuUsage(this.#cpuBefore);
    return {
      operations,
      ...percentileFigures(percentilesOf(this.#histogram)),
      operationsPerSecond: (operations / (performance.now() - this.#startedMs)) * 1000,
      clientCpuUs: (cpu.user + cpu.system) / operations,
      ...(this.#gets > 0 ? { hitShare: this.#hits / this.#gets } : {}),
    };
  }

  async #run(): Promise<void> {
    const { mix, prefix, keys } = this.#options;
    while (!this.#ending) {
      const key = bulkKey(prefix, Math.floor(Math.random() * keys));
      const dice = Math.random();
      if (mix === 'get' || (mix === 'churn' && dice < getShare)) await this.#measured(() => this.#get(key));
      else {
        if (mix === 'churn' && dice > getShare + putShare) await this.#measured(() => this.#subject.delete(key));
        await this.#measured(() => this.#subject.put(key, this.#value));
      }
    }
  }

  async #measured(operation: () => Promise<unknown>): Promise<void> {
    const started = process.hrtime.bigint();
    await operation();
    this.#histogram.recordValue(Number(process.hrtime.bigint() - started));
  }

  async #get(key: string): Promise<void> {
    const value = await this.#subject.get(key);
    this.#gets++;
    if (value === undefined || value === null) return;
    this.#hits++;
    if (value.length !== this.#value.length) {
      throw new SatchelError('failed', `${key} has ${value.length} bytes instead of ${this.#value.length}`);
    }
  }
}
