#!/usr/bin/env node
import { SatchelError } from '@satchel/proto/core';
import { CommanderError } from 'commander';
import { Registry } from 'prom-client';
import { type NodeOptions, parseNodeOptions } from './config.js';
import { serveHttp } from './host/http.js';
import { NodeHost, type NodeReady } from './host/node-host.js';
import { createLog } from './log.js';

/** A stop that takes longer than this is cut short: whoever asked for it must not wait for ever. */
const stopMs = 1800;

async function run(options: NodeOptions): Promise<void> {
  let host: NodeHost | undefined;
  const stop = () => {
    // Shards of a host that ends before it is ready notice that themselves.
    if (!host) process.exit(1);
    setTimeout(() => process.exit(1), stopMs).unref();
    void host.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (options.withParent) process.stdin.resume().once('end', stop).once('error', stop);
  host = await NodeHost.start(options, createLog('node'));
  process.stdout.write(`${JSON.stringify(host.ready)}\n`);
  await host.whenLeft();
  await left(options, host.ready);
}

/** A second line tells the parent that this end is for good. */
async function left({ stayWhenLeft, listen }: NodeOptions, { id, http }: NodeReady): Promise<void> {
  process.stdout.write(`${JSON.stringify({ left: true })}\n`);
  if (!stayWhenLeft) process.exit(0);
  const port = Number(http.split(':').at(-1));
  await serveHttp(listen, port, new Registry(), () => ({ healthy: true, ready: false, node: id, left: true }));
}

function fail(error: unknown): never {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  process.stderr.write(`${SatchelError.from(error).message}\n`);
  process.exit(1);
}

try {
  await run(parseNodeOptions(process.argv.slice(2)));
} catch (error) {
  fail(error);
}
