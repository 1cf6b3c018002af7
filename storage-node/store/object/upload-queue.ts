/** Something to be uploaded, alone or with others. */
export interface Upload {
  /** What goes to the object store. */
  readonly bytes: Buffer;
  /** Called once the upload is over, with the error if it failed. */
  settle(error: unknown): void;
}

export interface UploadQueueOptions<U extends Upload> {
  /** Uploads some as one object, in that order, and makes them visible; rejects if none of them is. */
  readonly upload: (uploads: readonly U[]) => Promise<void>;
  /** Objects uploaded at the same time. */
  readonly uploadsAtOnce: number;
  /** Uploads are packed together up to this; a larger one goes alone. */
  readonly packBytes: number;
}

/**
 * Group commit of uploads. What arrives in one turn of the event loop, and what waits while as many uploads as allowed are under way,
 * travels together: a lone put has the latency of one request, and many have the request cost of few.
 */
export class UploadQueue<U extends Upload> {
  readonly #options: UploadQueueOptions<U>;
  #waiting: U[] = [];
  #bytes = 0;
  #underWay = 0;
  #scheduled = false;

  constructor(options: UploadQueueOptions<U>) {
    this.#options = options;
  }

  /** Bytes that wait or are under way. */
  get bytes(): number {
    return this.#bytes;
  }

  add(upload: U): void {
    this.#waiting.push(upload);
    this.#bytes += upload.bytes.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#underWay < this.#options.uploadsAtOnce && this.#waiting.length > 0) void this.#run(this.#takePack());
  }

  /** The next that fit in one pack; small ones do not wait behind a large one but leave without it. */
  #takePack(): U[] {
    const pack: U[] = [];
    const left: U[] = [];
    let bytes = 0;
    for (const upload of this.#waiting) {
      const fits = bytes + upload.bytes.length <= this.#options.packBytes;
      if (pack.length > 0 && !fits) {
        left.push(upload);
        continue;
      }
      pack.push(upload);
      bytes += upload.bytes.length;
    }
    this.#waiting = left;
    return pack;
  }

  async #run(pack: readonly U[]): Promise<void> {
    this.#underWay++;
    let failure: unknown;
    try {
      await this.#options.upload(pack);
    } catch (error) {
      failure = error ?? new Error('the upload failed');
    }
    this.#underWay--;
    for (const upload of pack) this.#bytes -= upload.bytes.length;
    for (const upload of pack) upload.settle(failure);
    this.#start();
  }
}
