import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readOwner } from '../../processes/owner.js';
import { groupMembers, type ProcessIdentity } from '../../processes/process-identity.js';
import type { ReadyDocument } from '../cluster/ready-document.js';

/** The `satchel` command as users run it. */
export const satchel = fileURLToPath(new URL('../satchel.js', import.meta.url));

/** A folder that goes with the test. */
export function makeTestFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'satchel-up-')));
}

/** Result of a finished command. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs `satchel` with arguments to its end. */
export function runSatchel(given: readonly string[], env: NodeJS.ProcessEnv = {}, input?: Uint8Array): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [satchel, ...given],
      { env: { ...process.env, ...env }, encoding: 'buffer', timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr: stderr.toString() });
      },
    );
    child.stdin?.end(input);
  });
}

/** A running `satchel up --json` on free ports. */
export class UpProcess {
  readonly child: ChildProcess;
  readonly dir: string;
  /** Its exit code, or -1 if a signal ended it. */
  readonly exited: Promise<number>;
  readonly #ready: Promise<ReadyDocument>;
  readonly #stderr: Promise<string>;

  constructor(dir: string, given: readonly string[] = []) {
    this.dir = dir;
    const ports = ['--controller-port', '0', '--base-port', '0', '--faas-port', '0'];
    this.child = spawn(process.execPath, [satchel, 'up', '--json', '--dir', dir, ...ports, ...given], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.child;
    if (!stdout || !stderr) throw new Error('no pipes');
    this.#stderr = text(stderr);
    this.exited = new Promise((resolve) => this.child.once('exit', (code) => resolve(code ?? -1)));
    this.#ready = new Promise((resolve, reject) => {
      createInterface({ input: stdout }).once('line', (line) => resolve(JSON.parse(line)));
      this.exited.then(async (code) => reject(new Error(`up ended with ${code}: ${await this.#stderr}`)));
    });
    this.#ready.catch(() => undefined);
  }

  /** The ready document; rejects if `up` ends before. */
  get ready(): Promise<ReadyDocument> {
    return this.#ready;
  }

  /** All that `up` wrote on stderr, once it has ended. */
  get stderr(): Promise<string> {
    return this.#stderr;
  }

  /** Id of a part's process. */
  pidOf(name: string): number {
    return readOwner(this.dir)?.children.find((child) => child.name === name)?.pid ?? 0;
  }

  /** Parts and their descendants that live now. */
  processes(): ProcessIdentity[] {
    return (readOwner(this.dir)?.children ?? []).flatMap(({ pid }) => groupMembers(pid));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child.kill(signal);
    return this.exited;
  }
}

/** Removes a test's folder. */
export function removeTestFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
