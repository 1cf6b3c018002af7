import { limits } from '@satchel/proto/core';
import type { Environment } from '../environment.js';
import type { DecisionRecord } from '../model.js';
import type { Change } from '../state/state-store.js';

/** A decision that was taken just now. */
export type NewDecision = Omit<DecisionRecord, 'sequence' | 'atMs'>;

/** What the controller decided by itself: the last of it, across restarts. */
export class DecisionLog {
  readonly #environment: Environment;
  /** Oldest first. */
  readonly #decisions: DecisionRecord[];
  readonly #counts = new Map<string, number>();
  /** What could not be written yet, oldest first. */
  #unwritten: Change[] = [];
  #next: number;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#decisions = environment.store.all('decisions').sort((a, b) => a.sequence - b.sequence);
    this.#next = (this.#decisions.at(-1)?.sequence ?? 0) + 1;
  }

  /**
   * Writes a decision down, in the background, and logs it; the oldest goes when there are too many. What could not be written down is
   * written with the next.
   */
  record(decision: NewDecision): DecisionRecord {
    const { clock, log } = this.#environment;
    const record: DecisionRecord = { sequence: this.#next++, atMs: clock.now(), ...decision };
    this.#decisions.push(record);
    this.#unwritten.push({ collection: 'decisions', key: keyOf(record), value: record });
    while (this.#decisions.length > limits.decisions) {
      const oldest = this.#decisions.shift();
      if (oldest !== undefined) this.#unwritten.push({ collection: 'decisions', key: keyOf(oldest), value: undefined });
    }
    this.#write();
    this.#counts.set(decision.kind, (this.#counts.get(decision.kind) ?? 0) + 1);
    const figures = Object.fromEntries(decision.figures.map(({ name, value }) => [name, value]));
    log.info({ kind: decision.kind, subject: decision.subject, figures, because: decision.because }, 'decided');
    return record;
  }

  #write(): void {
    const { store, log } = this.#environment;
    const changes = this.#unwritten;
    this.#unwritten = [];
    store.commit(changes).catch((error: unknown) => {
      this.#unwritten = [...changes, ...this.#unwritten].slice(-2 * limits.decisions);
      log.error({ err: error }, 'a decision could not be written down');
    });
  }

  /** The latest decisions, newest first; with a subject only those about it. */
  list(limit: number, subject?: string): DecisionRecord[] {
    const about = subject === undefined ? this.#decisions : this.#decisions.filter((decision) => decision.subject === subject);
    return limit <= 0 ? [] : about.slice(-limit).reverse();
  }

  /** How many decisions of each kind were taken since the controller started. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/** Keys sort as the decisions were taken. */
function keyOf({ sequence }: DecisionRecord): string {
  return String(sequence).padStart(12, '0');
}
