/** Who is told when a session ends. Takes memory only once somebody asks. */
export class CloseCallbacks {
  closed = false;
  #callbacks: Set<() => void> | undefined;

  /** Calls back once, at once if the session has ended. Returns what unregisters. */
  add(callback: () => void): () => void {
    if (this.closed) {
      callback();
      return () => {};
    }
    this.#callbacks ??= new Set();
    this.#callbacks.add(callback);
    return () => this.#callbacks?.delete(callback);
  }

  /** Ends the session. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const callback of this.#callbacks ?? []) callback();
    this.#callbacks = undefined;
  }
}
