import { hostname } from 'node:os';
import { SatchelError, systemClock } from '@satchel/proto/core';
import { type Logger, pino } from 'pino';
import { type ControllerConfig, readConfig } from './config.js';
import { type RunningController, startController } from './controller.js';
import { startCandidate } from './standby.js';
import type { EtcdAddress } from './state/etcd/address.js';
import { openLmdbStateStore } from './state/lmdb.js';

/** A controller that runs, and what it says when ready. */
interface Running {
  readonly controller: RunningController;
  readonly ready: { readonly role?: string };
  close(): Promise<void>;
}

/** Runs a controller until SIGTERM, SIGINT or, with `--with-parent`, the end of standard input. */
async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2));
  const log = pino({ name: 'controller', level: process.env['SATCHEL_LOG'] ?? 'info' }, pino.destination({ fd: 2, sync: true }));
  const running =
    'folder' in config.state ? await runAlone(config, config.state, log) : await runOneOf(config, config.state, log);
  const stop = async () => {
    await running.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (config.withParent) process.stdin.resume().once('end', stop).once('error', stop);
  const { host } = config;
  const { port, httpPort } = running.controller;
  const ready = { controller: `${host}:${port}`, http: `${host}:${httpPort}`, ...running.ready };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

async function runAlone(config: ControllerConfig, { folder }: { folder: string }, log: Logger): Promise<Running> {
  const store = await openLmdbStateStore(folder);
  const controller = await startController(config, { store, log });
  const close = async () => {
    await controller.close();
    await store.close();
  };
  return { controller, ready: {}, close };
}

async function runOneOf(config: ControllerConfig, { etcd }: { etcd: EtcdAddress }, log: Logger): Promise<Running> {
  // The client of etcd is loaded only where it is used.
  const { openEtcdCandidate } = await import('./state/etcd/candidate.js');
  const name = `${hostname()} process ${process.pid}`;
  const options = { clock: systemClock, log, leaseSeconds: config.leaderLeaseSeconds, name };
  const candidate = await openEtcdCandidate(etcd, options);
  const controller = await startCandidate(config, { candidate, log });
  return { controller, ready: { role: controller.role() }, close: () => controller.close() };
}

main().catch((error: unknown) => {
  process.stderr.write(`satchel-controller: ${SatchelError.from(error).message}\n`);
  process.exit(1);
});
