import type { JobTable } from '../job-table.js';
import type { JobRecord } from '../model.js';

/** How long a registration may be repeated: much longer than a caller goes on trying. */
const rememberMs = 10 * 60_000;
/** How many are added before those too old are dropped. */
const leastAdded = 10_000;

/** A job that was registered, and a token of it. */
export interface Registered {
  readonly record: JobRecord;
  readonly token: string;
}

/** What names a registration. */
export interface RequestName {
  readonly namespace: string;
  readonly requestId: string;
}

/** Registrations by namespace and the id that the caller gave to each, so that one that comes again is answered with the job of the first. */
export class RequestIds {
  readonly #table: JobTable;
  readonly #nowMs: () => number;
  readonly #underWay = new Map<string, Promise<Registered>>();
  /** Job ids; undefined until the first use, when jobs from before a restart are looked through. */
  #jobs: Map<string, string> | undefined;
  #added = 0;

  constructor(table: JobTable, nowMs: () => number) {
    this.#table = table;
    this.#nowMs = nowMs;
  }

  /**
   * Runs `start` if the id is new, and waits with those who ask again meanwhile. Otherwise runs `again` with the job of the first time.
   * Ids are forgotten after ten minutes, and at once if `start` fails. Throws `no-job` if that job has ended.
   */
  once(
    { namespace, requestId }: RequestName,
    start: () => Promise<Registered>,
    again: (record: JobRecord) => Promise<Registered>,
  ): Promise<Registered> {
    const key = keyOf(namespace, requestId);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const job = this.#known().get(key);
    if (job !== undefined) return again(this.#table.active(job));
    const begun = start()
      .then((registered) => {
        this.#add(key, registered.record.job);
        return registered;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }

  #add(key: string, job: string): void {
    if (++this.#added > leastAdded) this.#jobs = undefined;
    this.#known().set(key, job);
  }

  #known(): Map<string, string> {
    if (this.#jobs !== undefined) return this.#jobs;
    const oldestMs = this.#nowMs() - rememberMs;
    this.#jobs = new Map();
    this.#added = 0;
    for (const { namespace, requestId, job, createdMs } of this.#table.all()) {
      if (requestId !== undefined && createdMs > oldestMs) this.#jobs.set(keyOf(namespace, requestId), job);
    }
    return this.#jobs;
  }
}

/** Ids and namespaces have no spaces. */
function keyOf(namespace: string, requestId: string): string {
  return `${namespace} ${requestId}`;
}
