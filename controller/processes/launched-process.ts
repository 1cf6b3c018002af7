import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { SatchelError } from '@satchel/proto/core';
import { groupMembers } from './process-identity.js';
import { lastWords, readableLine } from './stderr-line.js';

/** What to run: a compiled main of one of Satchel's parts. */
export interface ProcessPlan {
  readonly name: string;
  /** Path of the script. */
  readonly main: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export interface LaunchHooks {
  /** Each line the process writes on stderr, in readable form. */
  readonly onLine: (line: string) => void;
  /** A process that has not printed its ready line by then is stopped. */
  readonly readyTimeoutMs: number;
}

/** How a process ended. */
export interface Ending {
  /** Such as `exited with code 1` or `was killed by SIGKILL`. */
  readonly how: string;
  /** With code 0, after it said on stdout that it ends for good. */
  readonly left: boolean;
}

/** Lines of stderr kept for the error of a process that does not start. */
const keptLines = 40;

/** A process of ours with its own process group; it ends when this process does, because its stdin ends. */
export class LaunchedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** The JSON line it printed when ready; rejects with `unavailable` and its last messages if it ends or is late. */
  readonly ready: Promise<Record<string, unknown>>;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  #saidGoodbye = false;

  constructor(plan: ProcessPlan, hooks: LaunchHooks) {
    this.name = plan.name;
    this.#child = spawn(process.execPath, [plan.main, ...plan.arguments, '--with-parent'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: plan.environment,
      // A Ctrl-C on the terminal reaches us alone, so that we can stop the parts in order.
      detached: true,
    });
    this.pid = this.#child.pid;
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ how: `could not be run: ${error.message}`, left: false }));
      this.#child.once('close', (code, signal) => {
        const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
        resolve({ how, left: code === 0 && this.#saidGoodbye });
      });
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#readStderr(hooks.onLine);
    this.ready = this.#awaitReady(hooks.readyTimeoutMs);
    this.ready.catch(() => undefined);
  }

  /** Asks the process to stop and waits for it and its descendants; kills what is left after `boundMs`. */
  async stop(boundMs: number): Promise<void> {
    this.#child.kill('SIGTERM');
    const bound = new AbortController();
    const late = delay(boundMs, 'late' as const, { signal: bound.signal }).catch(() => undefined);
    await Promise.race([this.ended, late]);
    await this.#groupEnds(boundMs);
    this.kill();
    await this.ended;
    bound.abort();
  }

  /** Kills the process and its descendants now. */
  kill(): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // No process of the group is left.
    }
  }

  async #groupEnds(boundMs: number): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    const deadline = Date.now() + boundMs;
    // The end of a descendant raises no event here.
    while (this.pid !== undefined && groupMembers(this.pid).length > 0 && Date.now() < deadline) await delay(10);
  }

  #readStderr(onLine: (line: string) => void): void {
    const { stderr } = this.#child;
    if (!stderr) return;
    createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      const readable = readableLine(line);
      if (readable === '') return;
      this.#lastLines.push(readable);
      if (this.#lastLines.length > keptLines) this.#lastLines.shift();
      onLine(readable);
    });
  }

  /** What comes after the ready line. */
  #heard(line: string): void {
    if (parseObject(line)?.['left'] === true) this.#saidGoodbye = true;
  }

  #awaitReady(timeoutMs: number): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(
          new SatchelError(
            'unavailable',
            [`${this.name} ${why}`, lastWords(this.#lastLines)].filter((part) => part !== '').join(': '),
          ),
        );
      };
      const timer = setTimeout(() => {
        fail(`was not ready after ${Math.round(timeoutMs / 1000)} s`);
        this.kill();
      }, timeoutMs);
      this.ended.then(({ how }) => fail(how));
      const { stdout } = this.#child;
      if (!stdout) return;
      const lines = createInterface({ input: stdout });
      lines.once('line', (line) => {
        clearTimeout(timer);
        lines.on('line', (later) => this.#heard(later));
        const document = parseObject(line);
        if (document) resolve(document);
        else fail(`printed '${line}' instead of a JSON document`);
      });
    });
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
