/**
 * What jobs of a shard have reserved and do not hold yet: nobody else may take it. A job may always take its own up to what is free; beyond
 * that it takes only what is promised to nobody.
 */
export class Reservations {
  #totalBytes = 0;
  /** Of the jobs that are open here. */
  #openBytes = 0;
  /** Of what is reserved, what its jobs hold. */
  #fulfilledBytes = 0;

  /** Bytes reserved by all jobs of the shard, also those that are not open, as the controller counts them. */
  setTotal(bytes: number): void {
    this.#totalBytes = bytes;
  }

  /** Bytes that are to stay free for those who reserved them. */
  get promisedBytes(): number {
    return Math.max(0, Math.max(this.#totalBytes, this.#openBytes) - this.#fulfilledBytes);
  }

  /** One job's part, at first 0 bytes. */
  open(): Reservation {
    return new Reservation(this);
  }

  /** For reservations. */
  change(openBytes: number, fulfilledBytes: number): void {
    this.#openBytes += openBytes;
    this.#fulfilledBytes += fulfilledBytes;
  }
}

/** What one job has reserved and what it holds. */
export class Reservation {
  readonly #all: Reservations;
  #bytes = 0;
  #heldBytes = 0;

  constructor(all: Reservations) {
    this.#all = all;
  }

  /** Reserves so many bytes from now on. */
  resize(bytes: number): void {
    const before = this.#fulfilledBytes;
    this.#all.change(bytes - this.#bytes, 0);
    this.#bytes = bytes;
    this.#all.change(0, this.#fulfilledBytes - before);
  }

  /** The job holds more, or less. */
  hold(bytes: number): void {
    const before = this.#fulfilledBytes;
    this.#heldBytes += bytes;
    this.#all.change(0, this.#fulfilledBytes - before);
  }

  /** Bytes that the job has reserved. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that the job holds beyond what it reserved. */
  get excessBytes(): number {
    return Math.max(0, this.#heldBytes - this.#bytes);
  }

  /** What the job may take of `freeBytes`. */
  availableOf(freeBytes: number): number {
    const own = Math.max(0, this.#bytes - this.#heldBytes);
    const others = Math.max(0, this.#all.promisedBytes - own);
    return Math.max(freeBytes - others, Math.min(freeBytes, own));
  }

  get #fulfilledBytes(): number {
    return Math.min(this.#bytes, this.#heldBytes);
  }
}
