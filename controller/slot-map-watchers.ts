/** Somebody who follows a job's slot map. */
export interface SlotMapWatcher {
  changed(): void;
  /** The job has ended; nothing follows. */
  ended(): void;
}

/** Who watches which job. */
export class SlotMapWatchers {
  readonly #watchers = new Map<string, Set<SlotMapWatcher>>();

  /** Returns what stops the watch. */
  add(job: string, watcher: SlotMapWatcher): () => void {
    const watchers = this.#watchers.get(job) ?? new Set();
    this.#watchers.set(job, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(job) === watchers) this.#watchers.delete(job);
    };
  }

  has(job: string): boolean {
    return this.#watchers.has(job);
  }

  changed(job: string): void {
    for (const watcher of this.#watchers.get(job) ?? []) watcher.changed();
  }

  ended(job: string): void {
    const watchers = [...(this.#watchers.get(job) ?? [])];
    this.#watchers.delete(job);
    for (const watcher of watchers) watcher.ended();
  }
}
