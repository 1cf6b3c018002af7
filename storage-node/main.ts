#!/usr/bin/env node
import { SatchelError } from '@satchel/proto/core';
import { CommanderError } from 'commander';
import { type NodeOptions, parseNodeOptions } from './config.js';
import { NodeHost } from './host/node-host.js';
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
  void host.whenLeft().then(left, fail);
}

/** A second line tells the parent that this end is for good. */
function left(): never {
  process.stdout.write(`${JSON.stringify({ left: true })}\n`);
  process.exit(0);
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
