import { limits } from '@satchel/proto/core';

/** The record of one invocation. */
export interface Activation {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** `ok`, or the type of the failure. */
  readonly result: string;
}

/** A line a function printed, or the record of an invocation's end. */
export interface LogLine {
  readonly atMs: number;
  readonly requestId: string;
  readonly line: string;
}

/** The newest log lines of one function, bounded by their characters. */
export class FunctionLog {
  readonly #lines: LogLine[] = [];
  #characters = 0;

  add(requestId: string, line: string): void {
    const kept = line.slice(0, limits.functionLogBytes / 4);
    this.#lines.push({ atMs: Date.now(), requestId, line: kept });
    this.#characters += kept.length;
    while (this.#characters > limits.functionLogBytes) this.#characters -= this.#lines.shift()?.line.length ?? 0;
  }

  /** Adds an invocation's closing line. */
  report(activation: Activation): void {
    this.add(activation.requestId, `REPORT duration ${activation.durationMs.toFixed(1)} ms, ${activation.result}`);
  }

  lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The last 4 KiB of an invocation's lines, as AWS Lambda returns with LogType Tail. */
  tail(requestId: string): string {
    const text = this.#lines.filter((line) => line.requestId === requestId).map(({ line }) => `${line}\n`);
    return Buffer.from(text.join('')).subarray(-4096).toString();
  }
}
