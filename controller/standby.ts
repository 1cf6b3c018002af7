import { createServer } from 'node:net';
import { type Clock, SatchelError, systemClock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { type Leading, lead, type RunningController, type ServiceConfig } from './controller.js';
import { Metrics } from './http/metrics.js';
import { type Page, type Pages, servePages } from './http/server.js';
import type { Candidate, Leadership } from './state/candidate.js';

/** Pause after a term that could not be served. */
const retryMs = 1000;
/** How often it is looked whether somebody leads, as this controller starts. */
const settleMs = 50;

/** One of several controllers. */
export interface RunningCandidate extends RunningController {
  /** What it is at this moment. */
  role(): 'leader' | 'standby';
}

export interface CandidateParts {
  /** Closed with the controller. */
  readonly candidate: Candidate;
  readonly log: Logger;
  readonly clock?: Clock;
}

/**
 * Runs one of several controllers: its pages are there at once, the control API whenever it leads, so that a client with the addresses
 * of all finds the one that does. Resolves once it is known who leads. Rejects with `unavailable` if its port is taken.
 */
export async function startCandidate(config: ServiceConfig, parts: CandidateParts): Promise<RunningCandidate> {
  const port = await freePort(config.host, config.port);
  const turns = new Turns({ ...config, port }, parts);
  const http = await servePages(turns.pages, config.host, config.httpPort);
  await turns.start();
  let closed: Promise<void> | undefined;
  return {
    port,
    httpPort: http.port,
    role: () => turns.role(),
    close: () => {
      closed ??= turns.close().then(() => http.close());
      return closed;
    },
  };
}

type State =
  | { readonly kind: 'standby' }
  | { readonly kind: 'leading'; readonly leadership: Leadership; readonly leading: Leading }
  | { readonly kind: 'closed' };

/** Stands by and leads, in turn. */
class Turns {
  readonly #config: ServiceConfig;
  readonly #parts: CandidateParts;
  readonly #clock: Clock;
  readonly #standbyPages: Pages;
  #state: State = { kind: 'standby' };
  #turns: Promise<void> = Promise.resolve();
  #close: () => void = () => {};
  readonly #closing: Promise<void>;

  constructor(config: ServiceConfig, parts: CandidateParts) {
    this.#config = config;
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#standbyPages = standbyPages(() => parts.candidate.leader());
    this.#closing = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  /** Those of whatever it is at the time of a request. */
  readonly pages: Pages = {
    get: (path) => (this.#state.kind === 'leading' ? this.#state.leading.pages : this.#standbyPages).get(path),
  };

  role(): 'leader' | 'standby' {
    return this.#state.kind === 'leading' && this.#state.leadership.leads() ? 'leader' : 'standby';
  }

  /** Begins; resolves once this controller or, as far as it knows, another leads. */
  async start(): Promise<void> {
    this.#turns = this.#run();
    while (this.role() === 'standby' && this.#parts.candidate.leader() === undefined) await this.#pause(settleMs);
  }

  async close(): Promise<void> {
    this.#close();
    await this.#turns;
    await this.#parts.candidate.close();
  }

  async #run(): Promise<void> {
    const closing = this.#closing.then(() => 'closing' as const);
    for (;;) {
      const leadership = await Promise.race([this.#parts.candidate.campaign(), closing]);
      if (leadership === undefined || leadership === 'closing') return;
      try {
        await this.#serve(leadership, closing);
      } catch (error) {
        this.#parts.log.error({ err: error }, 'this controller leads, and cannot serve');
        await Promise.race([this.#pause(retryMs), closing]);
      }
      await leadership.end();
    }
  }

  async #serve(leadership: Leadership, closing: Promise<'closing'>): Promise<void> {
    const { log } = this.#parts;
    const { store, lost, leads } = leadership;
    const leading = await lead(this.#config, { store, log, clock: this.#clock, leads });
    this.#state = { kind: 'leading', leadership, leading };
    const why = await Promise.race([lost, closing]);
    if (why !== 'closing') log.warn({ why }, 'this controller does not lead any more and stands by');
    this.#state = { kind: 'standby' };
    await leading.close();
    await store.close();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}

function standbyPages(leader: () => string | undefined): Pages {
  const metrics = new Metrics(() => false);
  const text = () => `stands by; ${leader() ?? 'nobody'} leads\n`;
  return new Map<string, () => Page | Promise<Page>>([
    ['/', () => ({ type: 'text/plain', text: text() })],
    ['/healthz', () => ({ type: 'text/plain', text: 'ok\n' })],
    ['/leader', () => ({ type: 'text/plain', text: text(), status: 503 })],
    ['/metrics', async () => ({ type: metrics.contentType, text: await metrics.text() })],
  ]);
}

/** The port if it is free, or for 0 one that is. It is listened on only while this controller leads. */
async function freePort(host: string, port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new SatchelError('unavailable', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
