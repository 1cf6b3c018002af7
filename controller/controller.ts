import { type Clock, systemClock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { type Scaling, startScaling, staticScaling } from './autoscaler/scaling.js';
import { observeScaling } from './autoscaler/scaling-metrics.js';
import type { ControllerConfig } from './config.js';
import { DecisionLog } from './decisions/decision-log.js';
import type { Environment } from './environment.js';
import type { FleetEvents } from './fleet/fleet-events.js';
import { type LifeTimes, lifeTimes } from './fleet/node-life.js';
import { openFleetRecord } from './fleet-record.js';
import { Metrics } from './http/metrics.js';
import { type Page, type Pages, servePages } from './http/server.js';
import { statusPage } from './http/status-page.js';
import type { JobCounters } from './jobs/parts.js';
import { Jobs } from './jobs.js';
import type { FleetRecord } from './model.js';
import { Fleet } from './nodes.js';
import { serveControl } from './server.js';
import type { StateStore } from './state/state-store.js';
import { steadyClock } from './steady-clock.js';
import { TokenIssuer, type Tokens } from './tokens.js';

/** Ports tried after one that is taken. */
const portsTried = 20;

/** A controller that serves. */
export interface RunningController {
  readonly port: number;
  readonly httpPort: number;
  /** Ends calls and streams and writes what is unwritten; the store stays the caller's. Idempotent. */
  close(): Promise<void>;
}

/** A controller's settings, wherever its state is. */
export type ServiceConfig = Omit<ControllerConfig, 'state' | 'leaderLeaseSeconds' | 'withParent' | 'scaling'> &
  Partial<Pick<ControllerConfig, 'scaling'>>;

/** What a controller runs on. */
export interface ControllerParts {
  readonly store: StateStore;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Whether nobody else can lead at this moment; default: nobody ever does. */
  readonly leads?: () => boolean;
}

/** The control API of a controller that leads, and what it shows. */
export interface Leading {
  readonly port: number;
  readonly pages: Pages;
  /** Ends calls and streams and writes what is unwritten. */
  close(): Promise<void>;
}

/** Builds a controller on a store that is its own and serves it, with its pages. */
export async function startController(config: ServiceConfig, parts: ControllerParts): Promise<RunningController> {
  const leading = await lead(config, parts, portsTried);
  const http = await servePages(leading.pages, config.host, config.httpPort);
  let closed: Promise<void> | undefined;
  return {
    port: leading.port,
    httpPort: http.port,
    close: () => {
      closed ??= Promise.all([leading.close(), http.close()]).then(() => {});
      return closed;
    },
  };
}

/**
 * Builds a controller on a store and serves the control API on the port of `config` or, where it is taken, on the first free one of the
 * `portsTried` (default: none) after it. Rejects with `unavailable`.
 */
export async function lead(
  config: ServiceConfig,
  { store, log, clock = systemClock, leads = () => true }: ControllerParts,
  portsTried = 0,
): Promise<Leading> {
  const environment: Environment = { store, clock: steadyClock(clock), log, leads, prices: config.prices };
  const fleetRecord = await openFleetRecord(store, environment.clock.now());
  const tokens = await TokenIssuer.open(fleetRecord.privateKeyJwk);
  const metrics = new Metrics(leads);
  const times = { ...lifeTimes, ...(config.forgetAfterMs !== undefined && { forgetAfterMs: config.forgetAfterMs }) };
  const { fleet, jobs } = build(environment, fleetRecord, tokens, metrics, times);
  metrics.observe(jobs, fleet);
  const decisions = new DecisionLog(environment);
  const { host, leases } = config;
  const stop = () => {
    fleet.close();
    jobs.close();
  };
  const parts = { fleet, jobs, tokens, log, metrics, leases, decisions, leads };
  const rpc = await upward(config.port, portsTried, (port) => serveControl(parts, host, port)).catch((error: unknown) => {
    stop();
    throw error;
  });
  const address = `${host === '0.0.0.0' ? '127.0.0.1' : host}:${rpc.port}`;
  const fleetParts = { environment, fleet, jobs, decisions, address };
  const scaling: Scaling = await startScaling(config.scaling ?? staticScaling, fleetParts).catch(async (error: unknown) => {
    stop();
    await rpc.close(0);
    throw error;
  });
  observeScaling(metrics.registry, scaling.autoscaler, decisions);
  log.info({ port: rpc.port, jobs: jobs.table.activeCount }, 'controller serves');
  return {
    port: rpc.port,
    pages: pagesOf(metrics, () => statusPage({ jobs, fleet, decisions }, clock.now(), config.objectUri)),
    close: async () => {
      // Nodes that are processes of this one leave a controller that is there.
      const scaled = scaling.close();
      if (leads()) await scaled;
      stop();
      await Promise.all([scaled, rpc.close(leads() ? undefined : 0)]);
      if (leads()) await jobs.usage.flush();
    },
  };
}

/** Fleet and jobs of a controller; the simulator builds them the same way. */
export function build(
  environment: Environment,
  record: FleetRecord,
  tokens: Tokens,
  counters: JobCounters,
  times: LifeTimes = lifeTimes,
) {
  // Fleet and jobs tell each other of changes; the fleet is there first, and changes only once both are.
  const events: FleetEvents = {
    shardsChanged: (shards) => jobs.shardsChanged(shards),
    disconnected: (node) => jobs.disconnected(node),
    lost: (nodes) => {
      const failed = (error: unknown) => environment.log.error({ err: error, nodes }, 'slots of lost nodes stay there');
      jobs.lost(nodes).catch(failed);
    },
    emptied: (node, shards) => jobs.shardsEmptied(node, shards),
  };
  const fleet: Fleet = new Fleet(environment, record, events, times);
  const jobs: Jobs = new Jobs(environment, fleet, tokens, counters);
  return { fleet, jobs };
}

function pagesOf(metrics: Metrics, status: () => string): Pages {
  return new Map<string, () => Page | Promise<Page>>([
    ['/', () => ({ type: 'text/html; charset=utf-8', text: status() })],
    ['/healthz', () => ({ type: 'text/plain', text: 'ok\n' })],
    ['/leader', () => ({ type: 'text/plain', text: 'leader\n' })],
    ['/metrics', async () => ({ type: metrics.contentType, text: await metrics.text() })],
  ]);
}

/** Listens on a port or, where it is taken, on the first of the `tried` after it that is not; 0 is a free one. */
async function upward<Handle>(port: number, tried: number, listen: (port: number) => Promise<Handle>): Promise<Handle> {
  for (let candidate = port; ; candidate++) {
    try {
      return await listen(candidate);
    } catch (error) {
      if (port === 0 || candidate - port >= tried || candidate === 65_535) throw error;
    }
  }
}
