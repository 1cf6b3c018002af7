import type { ArgumentSink, CommandArguments } from './command-arguments.js';

/** The large argument of the command under way that goes elsewhere as it arrives, if there is one. */
export class Diversion {
  /** Bytes of it still to come. */
  left = 0;
  #sink: ArgumentSink | undefined;

  /** Begins; false if there is nobody to take it, or one is under way. */
  begin(args: CommandArguments, length: number, offer: () => ArgumentSink | undefined): boolean {
    if (this.#sink !== undefined) return false;
    this.#sink = offer();
    if (this.#sink === undefined) return false;
    args.sinkIndex = args.count;
    this.left = length;
    return true;
  }

  /** Passes on what is there of it; returns how far the input was used. */
  pour(buffer: Buffer, at: number, end: number): number {
    const to = Math.min(end, at + this.left);
    this.left -= to - at;
    this.#sink?.write(buffer, at, to);
    return to;
  }

  /** Hands the sink over. */
  take(): ArgumentSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    return sink;
  }

  /** Gives up what is under way. */
  abort(): void {
    this.take()?.abort();
    this.left = 0;
  }
}
