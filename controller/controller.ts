import { type Clock, SatchelError, systemClock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { ControllerConfig } from './config.js';
import { DecisionLog } from './decisions/decision-log.js';
import type { Environment } from './environment.js';
import { Metrics } from './http/metrics.js';
import { type Page, servePages } from './http/server.js';
import { statusPage } from './http/status-page.js';
import { Jobs } from './jobs.js';
import type { FleetRecord } from './model.js';
import { Fleet } from './nodes.js';
import { serveControl } from './server.js';
import type { StateStore } from './state/state-store.js';
import { newPrivateKey, TokenIssuer } from './tokens.js';

/** Layout of the state that this version reads and writes. */
const stateFormat = 1;
/** Ports tried after one that is taken. */
const portsTried = 20;

/** A controller that serves. */
export interface RunningController {
  readonly port: number;
  readonly httpPort: number;
  /** Ends calls and streams and writes what is unwritten; the store stays the caller's. Idempotent. */
  close(): Promise<void>;
}

/** Builds a controller on a store and serves it. */
export async function startController(
  config: Omit<ControllerConfig, 'stateFolder' | 'withParent'>,
  { store, log, clock = systemClock }: { store: StateStore; log: Logger; clock?: Clock },
): Promise<RunningController> {
  const environment: Environment = { store, clock, log };
  const fleetRecord = await openFleetRecord(store);
  const tokens = await TokenIssuer.open(fleetRecord.privateKeyJwk);
  const metrics = new Metrics();
  const { fleet, jobs } = build(environment, fleetRecord, tokens, metrics);
  metrics.observe(jobs, fleet);
  const decisions = new DecisionLog(environment);
  const { host, leases } = config;
  const rpc = await upward(config.port, (port) =>
    serveControl({ fleet, jobs, tokens, log, metrics, leases, decisions }, host, port),
  );
  const pages = pagesOf(metrics, () => statusPage(jobs, fleet, clock.now(), config.objectUri));
  const http = await servePages(pages, host, config.httpPort);
  log.info({ port: rpc.port, httpPort: http.port, jobs: jobs.table.activeCount }, 'controller serves');
  let closed: Promise<void> | undefined;
  const close = async () => {
    fleet.close();
    jobs.close();
    await Promise.all([rpc.close(), http.close()]);
    await jobs.usage.flush();
  };
  return {
    port: rpc.port,
    httpPort: http.port,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function build(environment: Environment, record: FleetRecord, tokens: TokenIssuer, metrics: Metrics) {
  // Fleet and jobs tell each other of changes; the fleet is there first, and changes only once both are.
  const fleet: Fleet = new Fleet(environment, record, {
    shardsChanged: (shards) => jobs.shardsChanged(shards),
    disconnected: (node) => jobs.disconnected(node),
  });
  const jobs: Jobs = new Jobs(environment, fleet, tokens, metrics);
  return { fleet, jobs };
}

async function openFleetRecord(store: StateStore): Promise<FleetRecord> {
  const known = store.all('fleet')[0];
  if (known === undefined) {
    const record: FleetRecord = { format: stateFormat, privateKeyJwk: await newPrivateKey(), nextShard: 1 };
    await store.commit([{ collection: 'fleet', key: 'fleet', value: record }]);
    return record;
  }
  if (known.format === stateFormat) return known;
  throw new SatchelError(
    'unavailable',
    `the state has format ${known.format}, this controller reads format ${stateFormat}; use the version that wrote it or another --state`,
  );
}

function pagesOf(metrics: Metrics, status: () => string): Map<string, () => Page | Promise<Page>> {
  return new Map<string, () => Page | Promise<Page>>([
    ['/', () => ({ type: 'text/html; charset=utf-8', text: status() })],
    ['/healthz', () => ({ type: 'text/plain', text: 'ok\n' })],
    ['/metrics', async () => ({ type: metrics.contentType, text: await metrics.text() })],
  ]);
}

/** Listens on a port or, where it is taken, on the next that is not; 0 is a free one. */
async function upward<Handle>(port: number, listen: (port: number) => Promise<Handle>): Promise<Handle> {
  for (let candidate = port; ; candidate++) {
    try {
      return await listen(candidate);
    } catch (error) {
      if (port === 0 || candidate - port >= portsTried || candidate === 65_535) throw error;
    }
  }
}
