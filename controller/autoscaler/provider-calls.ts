import { SatchelError } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import type { NodeProvider } from '../providers/node-provider.js';
import { backOffMs } from './back-off.js';

/** A provider that has not answered by then has failed. */
const timeoutMs = 30_000;

/** Kinds of calls that fail and are tried again each by itself. */
export type CallKind = 'list' | 'start' | 'remove';

interface Failures {
  readonly count: number;
  readonly notBeforeMs: number;
}

/** Calls of a provider: bounded in time; after failures less and less often; each failure is recorded. */
export class ProviderCalls {
  readonly #environment: Environment;
  readonly #provider: NodeProvider;
  readonly #decisions: DecisionLog;
  readonly #failures = new Map<CallKind, Failures>();

  constructor(environment: Environment, provider: NodeProvider, decisions: DecisionLog) {
    this.#environment = environment;
    this.#provider = provider;
    this.#decisions = decisions;
  }

  /** Whether calls of this kind may be made again. */
  ready(kind: CallKind): boolean {
    return this.#environment.clock.now() >= (this.#failures.get(kind)?.notBeforeMs ?? 0);
  }

  /** Makes a call; undefined if it failed, which is then recorded. That it succeeded is the caller's to say. */
  async make<Result>(kind: CallKind, call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await this.#bounded(call());
    } catch (thrown) {
      const error = SatchelError.from(thrown);
      this.failed(kind, error.message);
      this.#environment.log.warn({ err: thrown, provider: this.#provider.kind, call: kind }, 'a provider of nodes failed');
      return undefined;
    }
  }

  /** Calls of this kind do what they should. */
  succeeded(kind: CallKind): void {
    this.#failures.delete(kind);
  }

  /** A call did not do what it should: there is none of its kind for a while. */
  failed(kind: CallKind, because: string): void {
    const count = (this.#failures.get(kind)?.count ?? 0) + 1;
    const retryMs = backOffMs(count);
    this.#failures.set(kind, { count, notBeforeMs: this.#environment.clock.now() + retryMs });
    const figures = [
      { name: 'failures', value: count },
      { name: 'retryMs', value: retryMs },
    ];
    this.#decisions.record({ kind: 'failed', subject: this.#provider.kind, figures, because });
  }

  #bounded<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new SatchelError('unavailable', `no answer for ${timeoutMs / 1000} s`));
      const cancel = this.#environment.clock.after(timeoutMs, late);
      work.then(resolve, reject).finally(cancel);
    });
  }
}
