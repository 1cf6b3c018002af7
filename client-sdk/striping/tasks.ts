/** What is under way and to be waited for. */
export class Tasks {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Returns `task`, which is waited for from now on. */
  track<Result>(task: Promise<Result>): Promise<Result> {
    this.#underWay.add(task);
    const forget = (): void => {
      this.#underWay.delete(task);
    };
    task.then(forget, forget);
    return task;
  }

  /** Settles, at once if it can, when nothing is under way. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
