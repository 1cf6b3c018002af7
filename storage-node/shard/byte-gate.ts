/** Lets in work that needs memory, first come first served, as long as no more than so many bytes are inside; one is let in always. */
export class ByteGate {
  readonly #limitBytes: number;
  #insideBytes = 0;
  readonly #queue: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Whether somebody waits to be let in. */
  get crowded(): boolean {
    return this.#queue.length > 0;
  }

  /** Nothing: the caller is inside at once. A promise: once it settles. To be followed by `leave`. */
  enter(bytes: number): void | Promise<void> {
    if (this.#queue.length === 0 && this.#fits(bytes)) {
      this.#insideBytes += bytes;
      return;
    }
    return new Promise((enter) => this.#queue.push({ bytes, enter }));
  }

  leave(bytes: number): void {
    this.#insideBytes -= bytes;
    for (let next = this.#queue[0]; next !== undefined && this.#fits(next.bytes); next = this.#queue[0]) {
      this.#queue.shift();
      this.#insideBytes += next.bytes;
      next.enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#insideBytes === 0 || this.#insideBytes + bytes <= this.#limitBytes;
  }
}
