import { parseDurationMs, SatchelError } from '@satchel/proto/core';
import { Command, InvalidArgumentError } from 'commander';
import type { LeaseBounds } from './input.js';

/** A controller's settings, complete. */
export interface ControllerConfig {
  /** Folder of the state. */
  readonly stateFolder: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly httpPort: number;
  /** Where nodes keep objects; shown, not used. */
  readonly objectUri: string | undefined;
  readonly leases: LeaseBounds;
  /** Stop when standard input ends. */
  readonly withParent: boolean;
}

interface Options {
  state: string;
  host: string;
  port: number;
  httpPort: number;
  object?: string;
  lease: number;
  minLease: number;
  withParent: boolean;
}

/** Longest lease: a day. */
const mostLeaseMs = 24 * 3600 * 1000;

/** Reads command-line arguments (without node and script); wrong ones end the process with status 2 and a line on stderr. */
export function readConfig(args: readonly string[]): ControllerConfig {
  const command = new Command('satchel-controller')
    .description('Registers jobs, places them on storage nodes, and ends them when their leases lapse')
    .requiredOption('--state <dir>', 'folder of the state; made if need be')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'gRPC port; 0 picks a free one', port, 7400)
    .option('--http-port <port>', 'HTTP port of /metrics, /healthz and the status page; 0 picks a free one', port, 7401)
    .option('--object <uri>', 'where nodes keep objects; shown on the status page')
    .option('--lease <duration>', 'lease of a job that does not ask for one', duration, 60_000)
    .option('--min-lease <duration>', 'shortest lease', duration, 5000)
    .option('--with-parent', 'stop when standard input ends', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const options = command.parse(args, { from: 'user' }).opts<Options>();
  return {
    stateFolder: options.state,
    host: options.host,
    port: options.port,
    httpPort: options.httpPort,
    objectUri: options.object,
    leases: { defaultMs: Math.max(options.lease, options.minLease), leastMs: options.minLease, mostMs: mostLeaseMs },
    withParent: options.withParent,
  };
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value < 65_536) return value;
  throw new InvalidArgumentError('a port is a number from 0 to 65535');
}

function duration(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    throw new InvalidArgumentError(SatchelError.from(error).message);
  }
}
