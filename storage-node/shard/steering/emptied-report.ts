import type { JobConfiguration, PreviousOwner } from '../../job-configuration.js';
import type { FormerSlots } from './former-slots.js';
import type { SlotSet, SlotSpan } from './slot-set.js';

/** What a report goes by. */
export interface ReportSource {
  readonly shard: number;
  readonly former: FormerSlots;
  readonly configuration: () => JobConfiguration | undefined;
  readonly owned: () => SlotSet;
  /** Told of spans, each as the configuration names it, that are empty for good. */
  readonly emptied: ((epoch: number, spans: readonly SlotSpan[]) => void) | undefined;
  /** Called after each look. */
  readonly looked: () => void;
}

/** Says which of the slots that were a shard's are empty there: each span of the configuration once, as a whole. */
export class EmptiedReport {
  readonly #source: ReportSource;
  readonly #told = new Set<string>();
  #scheduled = false;
  #ended = false;

  constructor(source: ReportSource) {
    this.#source = source;
  }

  /** Says everything again. */
  forget(): void {
    this.#told.clear();
  }

  /** Looks at the end of this turn. */
  soon(): void {
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#ended) this.#look();
    });
  }

  end(): void {
    this.#ended = true;
  }

  #look(): void {
    const { configuration, shard, emptied, looked } = this.#source;
    const { previous = [], epoch = 0 } = configuration() ?? {};
    const empty = previous.filter((entry) => entry.shard === shard && !entry.lost && this.#isOver(entry, previous));
    const news = empty.filter((entry) => !this.#told.has(nameOf(entry)));
    for (const entry of news) this.#told.add(nameOf(entry));
    const spans = news.map(({ start, end }) => ({ start, end }));
    if (spans.length > 0) emptied?.(epoch, spans);
    looked();
  }

  #isOver({ start, end }: SlotSpan, previous: readonly PreviousOwner[]): boolean {
    const { former, owned, shard } = this.#source;
    for (let slot = start; slot < end; slot++) {
      // Its own again: no matter of its own past, but of that of others.
      if (owned().has(slot)) {
        if (previous.some((other) => other.shard !== shard && other.start <= slot && slot < other.end)) return false;
      } else if (former.holds(slot)) return false;
    }
    return true;
  }
}

function nameOf({ start, end, epoch }: PreviousOwner): string {
  return `${start}-${end}-${epoch}`;
}
