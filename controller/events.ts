import type { JobEvent } from '@satchel/proto/gen';

/** What happened to a job, as those who watch it are told. */
export type Happening = Omit<JobEvent, 'job' | 'atMs'> & { readonly kind: EventKind };

export type EventKind =
  | 'watching'
  | 'lease-warning'
  | 'stage-warning'
  | 'stage-begun'
  | 'stage-ending'
  | 'stage-ended'
  | 'slots-changed'
  | 'ending'
  | 'ended';

/** Somebody who watches a job. */
export type EventListener = (event: JobEvent) => void;

/** Who watches which job for events. What nobody watches costs nothing. */
export class JobEvents {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly #listeners = new Map<string, Set<EventListener>>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** Returns what stops the watch. */
  add(job: string, listener: EventListener): () => void {
    const listeners = this.#listeners.get(job) ?? new Set();
    this.#listeners.set(job, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(job) === listeners) this.#listeners.delete(job);
    };
  }

  tell(job: string, happening: Happening): void {
    const listeners = this.#listeners.get(job);
    if (listeners === undefined) return;
    const event = { ...happening, job, atMs: this.now() };
    for (const listener of [...listeners]) listener(event);
  }
}
