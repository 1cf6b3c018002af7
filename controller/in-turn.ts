/** Pieces of work under one key run one after the other, in the order they were asked for. */
export class InTurn {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once all work under the key that was asked for before has settled. */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    this.#last.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
