import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { randomId } from '@satchel/proto/core';
import type { DeployedFunction } from './functions.js';
import type { SandboxPlace } from './isolation.js';
import { residentBytes } from './resident-memory.js';
import {
  type FunctionFailure,
  type InvokeMessage,
  type SandboxMessage,
  type SandboxSetup,
  setupVariable,
} from './sandbox-messages.js';

/** How an invocation ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly payload: string }
  | { readonly kind: 'failure'; readonly failure: FunctionFailure };

/** An invocation as it is handed to a sandbox. */
export type SandboxInvocation = Omit<InvokeMessage, 'kind' | 'deadlineMs'>;

interface Call {
  readonly message: SandboxInvocation;
  readonly log: (line: string) => void;
  readonly resolve: (outcome: Outcome) => void;
  readonly timers: NodeJS.Timeout[];
  answer: Outcome | undefined;
  /** Streams whose end marker has not come yet. */
  openStreams: number;
}

type State =
  | { readonly kind: 'starting'; readonly waiting: Call | undefined }
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy'; readonly call: Call }
  | { readonly kind: 'ended' };

/** How long loading the function may take; a call's own time limit counts from when it is loaded, as with AWS Lambda. */
const startMs = 10_000;
const memoryCheckMs = 200;
/** What Node itself takes beside the function's own memory. */
const runtimeBytes = 64 * 1024 * 1024;
/** Environment that sandboxes share with the functions process; the rest of it is none of their business. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'SATCHEL_SOCKET_DIR', 'SATCHEL_CONTROLLER'];

/** One process that runs one version of one function for one tenant, one invocation at a time. */
export class Sandbox {
  readonly function: DeployedFunction;
  readonly #child: ChildProcess;
  readonly #place: SandboxPlace;
  readonly #endMarker = `end-of-output-${randomId(24)}`;
  readonly #onEnd: () => void;
  #state: State = { kind: 'starting', waiting: undefined };
  #endReason: FunctionFailure | undefined;
  readonly #startTimer: NodeJS.Timeout;

  /** Starts the process; `onEnd` is called once when it is gone, whatever the reason, and what was made for it taken away. */
  constructor(deployed: DeployedFunction, place: SandboxPlace, onEnd: () => void) {
    this.function = deployed;
    this.#place = place;
    this.#onEnd = onEnd;
    this.#child = this.#start();
    const late = () => this.#end(failure('Runtime.StartError', `the function was not loaded after ${startMs / 1000} seconds`));
    this.#startTimer = setTimeout(late, startMs).unref();
    this.#child.on('message', (message: SandboxMessage) => this.#receive(message));
    this.#child.on('exit', (code, signal) => {
      this.#exited(code, signal);
      this.#place.remove();
    });
    this.#child.on('error', (error) => {
      this.#end(failure('Runtime.StartError', error.message));
      if (this.#child.pid === undefined) this.#place.remove();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#line(line));
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get available(): boolean {
    return this.#state.kind === 'idle' || (this.#state.kind === 'starting' && this.#state.waiting === undefined);
  }

  /** Runs one invocation; never rejects. `log` gets each line the function prints. The sandbox must be available. */
  invoke(message: SandboxInvocation, log: (line: string) => void): Promise<Outcome> {
    return new Promise((resolve) => {
      const call: Call = { message, log, resolve, timers: [], answer: undefined, openStreams: 2 };
      if (this.#state.kind === 'idle') this.#begin(call);
      else if (this.#state.kind === 'starting' && !this.#state.waiting) this.#state = { kind: 'starting', waiting: call };
      else resolve({ kind: 'failure', failure: this.#endReason ?? failure('Runtime.ExitError', 'the sandbox has ended') });
    });
  }

  /** Ends the process at once; an invocation under way fails. Idempotent. */
  stop(): void {
    this.#end(failure('Runtime.Stopped', 'the function was replaced, deleted or its service stopped'));
  }

  #start(): ChildProcess {
    const { name, code, handler, memoryMiB, environment } = this.function;
    const setup: SandboxSetup = { functionName: name, code, handler, memoryMiB, endMarker: this.#endMarker };
    const shared = Object.fromEntries(
      inherited.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]])),
    );
    return fork(fileURLToPath(new URL('./sandbox-runtime.js', import.meta.url)), {
      cwd: code,
      ...this.#place.user,
      execArgv: [`--max-old-space-size=${memoryMiB}`],
      env: {
        ...shared,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
        ...this.#place.environment,
        ...environment,
        [setupVariable]: JSON.stringify(setup),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
  }

  #begin(call: Call): void {
    this.#state = { kind: 'busy', call };
    const timeoutMs = this.function.timeoutSeconds * 1000;
    const { requestId } = call.message;
    const expire = () =>
      this.#end(failure('Sandbox.Timedout', `${requestId} timed out after ${this.function.timeoutSeconds} seconds`));
    call.timers.push(setTimeout(expire, timeoutMs).unref());
    call.timers.push(setInterval(() => this.#checkMemory(), memoryCheckMs).unref());
    const message: InvokeMessage = { ...call.message, kind: 'invoke', deadlineMs: Date.now() + timeoutMs };
    this.#child.send(message, (error) => error && this.#end(failure('Runtime.ExitError', error.message)));
  }

  #checkMemory(): void {
    const resident = residentBytes(this.#child.pid);
    const limit = this.function.memoryMiB * 2 ** 20 + runtimeBytes;
    if (resident > limit) {
      this.#end(
        failure(
          'Runtime.OutOfMemory',
          `the function holds ${Math.ceil((resident - runtimeBytes) / 2 ** 20)} MiB, its limit is ${this.function.memoryMiB} MiB`,
        ),
      );
    }
  }

  #receive(message: SandboxMessage): void {
    if (message.kind === 'ready') {
      clearTimeout(this.#startTimer);
      const waiting = this.#state.kind === 'starting' ? this.#state.waiting : undefined;
      this.#state = { kind: 'idle' };
      if (waiting) this.#begin(waiting);
    } else if (message.kind === 'load-failed') {
      this.#end(message.failure);
    } else if (this.#state.kind === 'busy' && this.#state.call.message.requestId === message.requestId) {
      const { call } = this.#state;
      call.answer =
        message.kind === 'result' ? { kind: 'result', payload: message.payload } : { kind: 'failure', failure: message.failure };
      this.#settleIfWhole(call);
    }
  }

  #line(line: string): void {
    if (this.#state.kind !== 'busy') return;
    const { call } = this.#state;
    if (!line.endsWith(this.#endMarker)) {
      call.log(line);
      return;
    }
    if (line.length > this.#endMarker.length) call.log(line.slice(0, -this.#endMarker.length));
    call.openStreams--;
    this.#settleIfWhole(call);
  }

  /** An invocation is over when its answer is there and all it printed has been read. */
  #settleIfWhole(call: Call): void {
    if (!call.answer || call.openStreams > 0) return;
    for (const timer of call.timers) clearTimeout(timer);
    this.#state = { kind: 'idle' };
    call.resolve(call.answer);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const why =
      signal === 'SIGABRT'
        ? failure('Runtime.OutOfMemory', `the heap reached its limit of ${this.function.memoryMiB} MiB`)
        : undefined;
    this.#end(
      why ??
        failure(
          'Runtime.ExitError',
          `the function's process ended ${signal ? `by ${signal}` : `with exit code ${code}`} before it answered`,
        ),
    );
  }

  #end(reason: FunctionFailure): void {
    if (this.#state.kind === 'ended') return;
    const call =
      this.#state.kind === 'busy' ? this.#state.call : this.#state.kind === 'starting' ? this.#state.waiting : undefined;
    this.#state = { kind: 'ended' };
    this.#endReason = reason;
    clearTimeout(this.#startTimer);
    this.#child.kill('SIGKILL');
    for (const timer of call?.timers ?? []) clearTimeout(timer);
    call?.resolve({ kind: 'failure', failure: reason });
    this.#onEnd();
  }
}

function failure(errorType: string, errorMessage: string): FunctionFailure {
  return { errorType, errorMessage, trace: [] };
}
