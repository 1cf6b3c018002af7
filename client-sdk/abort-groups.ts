/** Whatever an abort signal ends. */
export interface Abortable {
  fail(error: unknown): void;
}

/** Listens once to each signal however many calls it may end, so that a signal shared by thousands costs one listener. */
export class AbortGroups {
  readonly #groups = new Map<AbortSignal, AbortGroup>();

  /** From now on the signal fails the call with its reason; at once if it is aborted already. */
  add(signal: AbortSignal, call: Abortable): void {
    if (signal.aborted) {
      call.fail(signal.reason);
      return;
    }
    let group = this.#groups.get(signal);
    if (group === undefined) {
      group = new AbortGroup(signal);
      this.#groups.set(signal, group);
      signal.addEventListener('abort', group, { once: true });
    }
    group.calls.add(call);
  }

  /** The call has ended. */
  remove(signal: AbortSignal, call: Abortable): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.calls.delete(call) || group.calls.size > 0) return;
    this.#groups.delete(signal);
    signal.removeEventListener('abort', group);
  }

  /** Signals listened to. */
  get size(): number {
    return this.#groups.size;
  }
}

class AbortGroup {
  readonly calls = new Set<Abortable>();

  constructor(readonly signal: AbortSignal) {}

  handleEvent(): void {
    for (const call of [...this.calls]) call.fail(this.signal.reason);
  }
}
