import type { Environment } from '../environment.js';
import type { JobTable } from '../job-table.js';
import { drainMessage } from '../node-session.js';
import { nextStep } from '../node-step.js';
import type { Fleet } from '../nodes.js';
import type { Change } from '../state/state-store.js';
import type { UsageDesk } from '../usage-desk.js';

/** Lets nodes go that no job needs any more. */
export class NodeSettler {
  readonly #environment: Environment;
  readonly #fleet: Fleet;
  readonly #table: JobTable;
  readonly #usage: UsageDesk;

  constructor(environment: Environment, fleet: Fleet, table: JobTable, usage: UsageDesk) {
    this.#environment = environment;
    this.#fleet = fleet;
    this.#table = table;
    this.#usage = usage;
  }

  /** Tells a draining node to leave once no job needs it; forgets one that has left. Idempotent. */
  settle(node: string): void {
    const view = this.#fleet.node(node);
    if (view === undefined) return;
    const { clock, log } = this.#environment;
    const step = nextStep(view, this.#table.needs(node), clock.now());
    if (step === 'forget') this.#fleet.forget(node);
    if (step !== 'dismiss') return;
    this.#dismiss(node).catch((error: unknown) => log.error({ err: error, node }, 'a drained node could not be told to leave'));
  }

  /** Lets a node go. That it purged jobs which other nodes have yet to purge is written down first: it cannot be asked again. */
  async #dismiss(node: string): Promise<void> {
    const changes = this.#table
      .ofNode(node)
      .flatMap((record): Change[] => [
        { collection: 'jobs', key: record.job, value: record },
        ...this.#usage.changesOf(record.job),
      ]);
    if (changes.length > 0) await this.#environment.store.commit(changes);
    // It may have been taken back meanwhile.
    if (this.#fleet.node(node)?.record.draining) this.#fleet.session(node)?.send(drainMessage(true));
  }
}
