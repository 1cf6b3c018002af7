import { limits } from '@satchel/proto/core';

/** Watches output that waits for a slow reader. */
export class StallWatch {
  readonly #waitingBytes: () => number;
  readonly #stalled: (waitingBytes: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `stalled` is called once the output has not become shorter for limits.slowReaderMs. */
  constructor(waitingBytes: () => number, stalled: (waitingBytes: number) => void) {
    this.#waitingBytes = waitingBytes;
    this.#stalled = stalled;
  }

  /** Begins, or begins anew. */
  watch(): void {
    const before = this.#waitingBytes();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const now = this.#waitingBytes();
      if (now < before) this.watch();
      else this.#stalled(now);
    }, limits.slowReaderMs);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
