import { SatchelError } from '@satchel/proto/core';
import { pino } from 'pino';
import { readConfig } from './config.js';
import { startController } from './controller.js';
import { openLmdbStateStore } from './state/lmdb.js';

/** Runs a controller until SIGTERM, SIGINT or, with `--with-parent`, the end of standard input. */
async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2));
  const log = pino({ name: 'controller', level: process.env['SATCHEL_LOG'] ?? 'info' }, pino.destination({ fd: 2, sync: true }));
  const store = await openLmdbStateStore(config.stateFolder);
  const controller = await startController(config, { store, log });
  const stop = async () => {
    await controller.close();
    await store.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (config.withParent) process.stdin.resume().once('end', stop).once('error', stop);
  const ready = { controller: `${config.host}:${controller.port}`, http: `${config.host}:${controller.httpPort}` };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`satchel-controller: ${SatchelError.from(error).message}\n`);
  process.exit(1);
});
