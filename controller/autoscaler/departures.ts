import type { DecisionLog } from '../decisions/decision-log.js';
import type { NodeProvider } from '../providers/node-provider.js';
import type { Movements } from './arrivals.js';
import type { ProviderCalls } from './provider-calls.js';

/** Has nodes taken away that are gone, one after the other, while the autoscaler goes on. */
export class Departures {
  readonly #provider: NodeProvider;
  readonly #calls: ProviderCalls;
  readonly #decisions: DecisionLog;
  #busy = false;

  constructor(provider: NodeProvider, calls: ProviderCalls, decisions: DecisionLog) {
    this.#provider = provider;
    this.#calls = calls;
    this.#decisions = decisions;
  }

  /** Begins to take these away, in the order in which the provider can, unless it is still at it. To be called again until they are gone. */
  takeAway(gone: Movements['gone']): void {
    if (gone.length === 0 || this.#busy || !this.#calls.ready('remove')) return;
    this.#busy = true;
    void this.#takeAway(gone).finally(() => {
      this.#busy = false;
    });
  }

  async #takeAway(gone: Movements['gone']): Promise<void> {
    const names = gone.map(({ node }) => node);
    const order = await this.#calls.make('remove', () => this.#provider.removable(names));
    for (const node of order ?? []) {
      const removed = await this.#calls.make('remove', () => this.#provider.remove(node).then(() => true));
      if (removed === undefined) return;
      this.#calls.succeeded('remove');
      this.#note(node, gone.find((each) => each.node === node)?.failed === true);
    }
  }

  #note(node: string, failed: boolean): void {
    const because = failed ? 'it does not run, and no job has data on it' : 'it was drained and has left';
    // It is taken away only when no job needs it.
    const figures = [{ name: 'nodeJobs', value: 0 }];
    this.#decisions.record({ kind: 'remove', subject: node, figures, because });
    // Whatever keeps one node from running may keep the next.
    if (failed) this.#calls.failed('start', `${node} was started and does not run`);
  }
}
