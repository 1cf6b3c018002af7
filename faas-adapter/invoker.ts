import { randomUUID } from 'node:crypto';
import { limits, SatchelError } from '@satchel/proto/core';
import PQueue from 'p-queue';
import { FunctionLog } from './activations.js';
import type { DeployedFunction, Functions } from './functions.js';
import type { Tenant } from './isolation.js';
import type { Namespaces } from './namespaces.js';
import type { Outcome } from './sandbox.js';
import type { SandboxPool } from './sandbox-pool.js';

/** What an invocation is given. */
export interface Invocation {
  readonly name: string;
  /** JSON text. */
  readonly event: string;
  /** URL of the job the call named, if it named one. */
  readonly satchelUrl: string | undefined;
  /** JSON text of the ClientContext. */
  readonly clientContext: string | undefined;
}

/** An event's handler is called this often in all, as by AWS Lambda. */
const eventAttempts = 3;

/** Runs functions: at once for a request, behind a bounded queue for an event. */
export class Invoker {
  readonly #functions: Functions;
  readonly #pool: SandboxPool;
  readonly #namespaces: Namespaces;
  readonly #logs = new Map<string, FunctionLog>();
  readonly #events = new PQueue({ concurrency: 16 });

  constructor(functions: Functions, pool: SandboxPool, namespaces: Namespaces) {
    this.#functions = functions;
    this.#pool = pool;
    this.#namespaces = namespaces;
  }

  /** Runs a function and returns what its handler returned, or how it failed. */
  async request(invocation: Invocation, requestId: string = randomUUID()): Promise<{ outcome: Outcome; requestId: string }> {
    const deployed = this.#functions.get(invocation.name);
    const url = invocation.satchelUrl ?? deployed.environment['SATCHEL_URL'];
    const tenant = await this.#namespaces.of(url);
    return { outcome: await this.#run(deployed, tenant, invocation, requestId), requestId };
  }

  /** Accepts an event to be handled soon; a failure is repeated twice. Throws `out-of-memory` when too many wait. */
  event(invocation: Invocation): string {
    this.#functions.get(invocation.name);
    if (this.#events.size >= limits.functionEventQueue) {
      throw new SatchelError(
        'out-of-memory',
        `${this.#events.size} events wait already, the limit is ${limits.functionEventQueue}; send them more slowly`,
      );
    }
    const requestId = randomUUID();
    void this.#events.add(() => this.#handleEvent(invocation, requestId));
    return requestId;
  }

  log(name: string): FunctionLog {
    const log = this.#logs.get(name) ?? new FunctionLog();
    this.#logs.set(name, log);
    return log;
  }

  forget(name: string): void {
    this.#logs.delete(name);
  }

  /** Drops events that wait and ends all sandboxes. */
  close(): void {
    this.#events.clear();
    this.#pool.close();
  }

  async #handleEvent(invocation: Invocation, requestId: string): Promise<void> {
    for (let attempt = 1; attempt <= eventAttempts; attempt++) {
      try {
        const { outcome } = await this.request(invocation, requestId);
        if (outcome.kind === 'result') return;
      } catch (error) {
        this.log(invocation.name).add(requestId, `the event was dropped: ${SatchelError.from(error).message}`);
        return;
      }
    }
  }

  async #run(deployed: DeployedFunction, tenant: Tenant, invocation: Invocation, requestId: string): Promise<Outcome> {
    const log = this.log(deployed.name);
    const startedAtMs = Date.now();
    const started = performance.now();
    const { event, satchelUrl, clientContext } = invocation;
    const outcome = await this.#pool.invoke(deployed, tenant, { requestId, event, satchelUrl, clientContext }, (line) =>
      log.add(requestId, line),
    );
    const result = outcome.kind === 'result' ? 'ok' : `${outcome.failure.errorType}: ${outcome.failure.errorMessage}`;
    log.report({ requestId, startedAtMs, durationMs: performance.now() - started, result });
    return outcome;
  }
}
