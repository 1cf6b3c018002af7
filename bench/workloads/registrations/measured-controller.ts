import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SatchelError } from '@satchel/proto/core';

/** What a process holds after a garbage collection, in bytes. */
export interface Held {
  readonly heapUsed: number;
  readonly rss: number;
}

/** A controller in a process of its own, with state in a temporary folder. */
export class MeasuredController {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #probes: ((held: Held) => void)[] = [];
  readonly address: string;

  private constructor(child: ChildProcess, folder: string, address: string) {
    this.#child = child;
    this.#folder = folder;
    this.address = address;
    if (child.stderr) createInterface(child.stderr).on('line', (line) => this.#said(line));
  }

  /** Starts the controller on free ports; `nodeArguments` go to Node.js, `prefix` before it, for example `taskset -c 0`. */
  static async start(nodeArguments: readonly string[], prefix: readonly string[]): Promise<MeasuredController> {
    const folder = mkdtempSync(join(tmpdir(), 'satchel-registrations-'));
    const main = fileURLToPath(import.meta.resolve('@satchel/controller/main'));
    const probe = new URL('./memory-probe.js', import.meta.url).href;
    const node = [process.execPath, '--expose-gc', '--import', probe, ...nodeArguments, main];
    const options = ['--state', join(folder, 'state'), '--port', '0', '--http-port', '0', '--with-parent'];
    const [command = '', ...args] = [...prefix, ...node, ...options];
    const env = { ...process.env, SATCHEL_LOG: 'warn' };
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    const ready = await Promise.race([
      new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve)),
      new Promise<undefined>((resolve) => child.once('exit', () => resolve(undefined)).once('error', () => resolve(undefined))),
    ]);
    if (ready === undefined) throw new SatchelError('unavailable', 'the controller ended before it was ready');
    return new MeasuredController(child, folder, JSON.parse(ready).controller);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it holds after a collection. */
  held(): Promise<Held> {
    return new Promise((resolve) => {
      this.#probes.push(resolve);
      this.#child.kill('SIGUSR2');
    });
  }

  /** Stops it and removes its state. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #said(line: string): void {
    if (line.startsWith('{"memoryProbe"')) this.#probes.shift()?.(JSON.parse(line).memoryProbe);
    else process.stderr.write(`${line}\n`);
  }
}
