import { createLog } from '../log.js';
import { PortTakenError } from './held-ports.js';
import { type HostMessage, isMessage, type ShardMessage } from './messages.js';
import { ShardRuntime } from './shard-runtime.js';

const log = createLog(process.argv[2] ?? 'shard');
let runtime: ShardRuntime | undefined;

function send(message: ShardMessage): void {
  // A channel that closes ends the process; what could not be sent then is of no use.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function received(message: HostMessage): Promise<void> {
  if (message.kind === 'start') runtime = await ShardRuntime.start(message, send, log);
  else if (message.kind === 'stop') await stop();
  else await runtime?.received(message);
}

async function stop(): Promise<void> {
  await runtime?.stop();
  process.exit(0);
}

function fail(error: unknown): void {
  if (error instanceof PortTakenError) send({ kind: 'port-taken', port: error.port });
  else log.fatal({ err: error }, 'the shard cannot go on');
  // The host hears of a taken port before the process is gone.
  process.exitCode = 1;
  setImmediate(() => process.disconnect?.());
}

let handled: Promise<void> = Promise.resolve();
process.on('message', (value) => {
  if (!isMessage(value)) return;
  // The other end of this channel is the host that started this process, built with it.
  const message = value as HostMessage;
  handled = handled
    .then(() => received(message))
    .catch((error: unknown) => {
      if (message.kind === 'start' || message.kind === 'membership') fail(error);
      else log.error({ err: error, kind: message.kind }, 'a message of the host could not be handled');
    });
});
// Without the host nobody would end, restart or configure this shard.
process.once('disconnect', () => {
  runtime?.stopServing();
  process.exit();
});
process.once('SIGTERM', () => void stop());
// Ctrl-C goes to every process of the terminal; the host ends its shards itself.
process.on('SIGINT', () => {});
