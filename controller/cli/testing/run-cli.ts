import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { CliProcess } from '../context.js';
import { run } from '../program.js';

/** What a command line did. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process for commands under test: collects what is written, hands out what is read. */
export class TestProcess extends EventEmitter implements CliProcess {
  readonly stdin: Readable;
  readonly stdout = new Collector();
  readonly stderr = new Collector();
  readonly env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv = {}, input: Uint8Array | string = '') {
    super();
    this.env = env;
    this.stdin = Readable.from([Buffer.from(input)]);
  }
}

/** Runs a command line as a user would type it, split at spaces, or as separate arguments. */
export async function runCli(commandLine: string | readonly string[], io = new TestProcess()): Promise<CliResult> {
  const code = await run(typeof commandLine === 'string' ? commandLine.split(' ') : commandLine, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }
}
