/** Takes the bytes of a large argument as they arrive. */
export interface ArgumentSink {
  /** Bytes of the argument in all. */
  readonly length: number;
  /** Takes `source[start, end)`, which is overwritten afterwards. */
  write(source: Buffer, start: number, end: number): void;
  /** The argument is not wanted. Does nothing once whoever made the sink has taken it over, or after another abort. */
  abort(): void;
}

/**
 * The arguments of one command as they lie in the input buffer; argument 0 is the command's name. One object is reused
 * for every command of a connection: nothing of it is valid after the handler has returned, except what `bytes` copied.
 */
export class CommandArguments {
  count = 0;
  buffer: Buffer = Buffer.alloc(0);
  /** Whether the bytes belong to somebody who will overwrite them; see `own`. */
  borrowed = true;
  /** Argument `i` is `buffer[starts[i], ends[i])`. */
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  /** Took argument `sinkIndex`, which is empty here. */
  sink: ArgumentSink | undefined = undefined;
  sinkIndex = 0;

  start(index: number): number {
    return this.starts[index] as number;
  }

  end(index: number): number {
    return this.ends[index] as number;
  }

  /** Bytes of the argument, wherever they went. */
  lengthOf(index: number): number {
    if (this.sink !== undefined && index === this.sinkIndex) return this.sink.length;
    return this.end(index) - this.start(index);
  }

  /** The argument as UTF-8 text. */
  text(index: number): string {
    return this.buffer.toString('utf8', this.starts[index], this.ends[index]);
  }

  /** A copy of the argument's bytes. */
  bytes(index: number): Buffer {
    return Buffer.from(this.buffer.subarray(this.starts[index], this.ends[index]));
  }

  /** Appends an argument; the parser's part. */
  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /**
   * Moves the arguments, in place, to bytes of their own, for a command that goes on after its handler returned: offsets read
   * before are then void. Nothing is copied if the bytes were not borrowed.
   */
  own(): void {
    if (!this.borrowed || this.count === 0) return;
    const first = this.start(0);
    this.buffer = Buffer.from(this.buffer.subarray(first, this.end(this.count - 1)));
    for (let index = 0; index < this.count; index++) {
      this.starts[index] = this.start(index) - first;
      this.ends[index] = this.end(index) - first;
    }
  }

  /** A copy that owns its bytes, for a command that goes on after its handler returned. */
  copy(): CommandArguments {
    const copy = new CommandArguments();
    const first = this.count === 0 ? 0 : this.start(0);
    copy.buffer = Buffer.from(this.buffer.subarray(first, this.count === 0 ? 0 : this.end(this.count - 1)));
    for (let index = 0; index < this.count; index++) copy.add(this.start(index) - first, this.end(index) - first);
    return copy;
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
