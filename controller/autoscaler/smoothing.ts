/** An exponentially weighted mean of samples that come at uneven times; older ones fade with the time constant. */
export class SmoothedValue {
  readonly #constantMs: number;
  #value: number | undefined;
  #atMs = 0;

  constructor(constantMs: number) {
    this.#constantMs = constantMs;
  }

  /** 0 before the first sample. */
  get value(): number {
    return this.#value ?? 0;
  }

  /** Takes the value that held since the last sample; the first counts in full. */
  add(sample: number, atMs: number): void {
    if (this.#value === undefined) this.#value = sample;
    else {
      const weight = 1 - Math.exp(-Math.max(0, atMs - this.#atMs) / this.#constantMs);
      this.#value += weight * (sample - this.#value);
    }
    this.#atMs = atMs;
  }
}
