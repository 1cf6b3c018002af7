import { commitInBackground } from '../environment.js';
import type { Change } from '../state/state-store.js';
import type { JobParts } from './parts.js';

const pruneMs = 60_000;

/** Forgets what nobody asks for any more: jobs that ended long ago, nodes that left. */
export class JobPruning {
  readonly #parts: JobParts;
  #cancel: () => void;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#cancel = parts.environment.clock.after(pruneMs, this.#prune);
  }

  close(): void {
    this.#cancel();
  }

  readonly #prune = (): void => {
    const { environment, table, usage, fleet, settler } = this.#parts;
    const jobs = table.forgettable(environment.clock.now());
    for (const job of jobs) {
      table.remove(job);
      usage.drop(job);
    }
    const changes: Change[] = jobs.flatMap((job) => [
      { collection: 'jobs', key: job, value: undefined },
      { collection: 'usage', key: job, value: undefined },
    ]);
    if (changes.length > 0) commitInBackground(environment.store, environment.log, changes);
    for (const { record } of [...fleet.nodes()]) settler.settle(record.node);
    this.#cancel = environment.clock.after(pruneMs, this.#prune);
  };
}
