/** Commands that began between two changes of the slots. */
export interface Batch {
  underWay: number;
  over: (() => void) | undefined;
}

/** The commands of a job that take their time. Who waits for those that are under way does not wait for any that begin later. */
export class UnderWay {
  #batch: Batch = { underWay: 0, over: undefined };
  #earlier: Promise<unknown> = Promise.resolve();

  /** A command has begun; to be followed by `finished` with what this returns. */
  started(): Batch {
    this.#batch.underWay++;
    return this.#batch;
  }

  finished(batch: Batch): void {
    if (--batch.underWay === 0) batch.over?.();
  }

  /** Settles once all that are under way now have ended. */
  async ended(): Promise<void> {
    const batch = this.#batch;
    if (batch.underWay > 0) {
      const over = new Promise<void>((resolve) => {
        batch.over = resolve;
      });
      this.#earlier = Promise.all([this.#earlier, over]);
      this.#batch = { underWay: 0, over: undefined };
    }
    await this.#earlier;
  }
}
