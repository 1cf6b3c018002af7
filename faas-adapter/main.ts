import { mkdir } from 'node:fs/promises';
import { SatchelError } from '@satchel/proto/core';
import { listen } from '@satchel/proto/rpc';
import { Command } from 'commander';
import { pino } from 'pino';
import { parseOptions } from './config.js';
import { fleetKey } from './fleet-key.js';
import { Functions } from './functions.js';
import { createInvokeApi } from './invoke-api.js';
import { Invoker } from './invoker.js';
import { planIsolation } from './isolation.js';
import { verifiedNamespaces } from './namespaces.js';
import { SandboxPool } from './sandbox-pool.js';

const log = pino({ name: 'functions', level: process.env['SATCHEL_LOG'] ?? 'warn' }, pino.destination(2));

const command = new Command('functions')
  .requiredOption('--dir <dir>', 'folder of deployed functions')
  .option('--host <host>', 'address to listen on')
  .option('--port <port>', 'port of the invoke API; 0 picks a free one')
  .option('--controller <host:port>', 'controller, asked for the key that verifies job tokens')
  .option('--max-sandboxes <n>', 'sandboxes alive at the same time')
  .option('--keep-warm-seconds <seconds>', 'how long an unused sandbox is kept')
  .option('--with-parent', 'stop when standard input ends');

async function main(): Promise<void> {
  const { withParent, ...given } = command.parse().opts<{ withParent?: boolean }>();
  const options = parseOptions(given);
  await mkdir(options.dir, { recursive: true });
  const isolation = planIsolation(options.dir);
  const level = process.getuid?.() === 0 ? 'warn' : 'info';
  if (isolation.problem !== '') log[level]({ reason: isolation.problem }, 'sandboxes of all jobs run as one user');
  const functions = await Functions.open(options.dir, isolation);
  const pool = new SandboxPool(options, isolation);
  const invoker = new Invoker(
    functions,
    pool,
    verifiedNamespaces(() => fleetKey(options.controller)),
  );
  const server = createInvokeApi({ functions, invoker, pool });
  const listening = await listen(server, options.host, options.port);
  const stop = () => {
    invoker.close();
    void listening.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  if (withParent) process.stdin.on('end', stop).resume();
  process.stdout.write(`${JSON.stringify({ faas: `${options.host}:${listening.port}` })}\n`);
}

main().catch((error: unknown) => {
  log.fatal({ err: error }, SatchelError.from(error).message);
  process.exit(1);
});
