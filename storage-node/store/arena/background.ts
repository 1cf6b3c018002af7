/** Runs pieces of work one after another, each after the one before has settled; what one throws is told and the others go on. */
export class Background {
  private last: Promise<void> = Promise.resolve();
  /** Tells of something that failed. */
  readonly complain: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.complain = onError;
  }

  add(work: () => Promise<void>): void {
    this.last = this.last.then(work).catch(this.complain);
  }

  /** Resolves when all that was added before has settled. */
  idle(): Promise<void> {
    return this.last;
  }
}
