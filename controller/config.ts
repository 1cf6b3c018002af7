import { parseDurationMs, SatchelError } from '@satchel/proto/core';
import { Command, InvalidArgumentError } from 'commander';
import type { ScalingSettings } from './autoscaler/scaling.js';
import { addScalingOptions, type ScalingOptions, scalingOf } from './autoscaler/scaling-options.js';
import { lifeTimes } from './fleet/node-life.js';
import type { LeaseBounds } from './input.js';
import type { PriceSheet } from './sizing/price-sheet.js';
import { readPriceSheet } from './sizing/price-sheet-file.js';
import { type EtcdAddress, isEtcdUri, parseEtcdUri } from './state/etcd/address.js';

/** A controller's settings, complete. */
export interface ControllerConfig {
  /** Where the state is: a folder, for one controller, or etcd, for several. */
  readonly state: { readonly folder: string } | { readonly etcd: EtcdAddress };
  /** How long a leader that says nothing keeps others from leading; with etcd only. */
  readonly leaderLeaseSeconds: number;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly httpPort: number;
  /** Where nodes keep objects; shown, not used. */
  readonly objectUri: string | undefined;
  readonly leases: LeaseBounds;
  /** How long a node may be down before its jobs' slots get new owners. */
  readonly forgetAfterMs?: number | undefined;
  readonly scaling: ScalingSettings;
  /** Default: the list prices that come with the controller. */
  readonly prices?: PriceSheet | undefined;
  /** Stop when standard input ends. */
  readonly withParent: boolean;
}

interface Options extends ScalingOptions {
  state: string;
  host: string;
  port: number;
  httpPort: number;
  lease: number;
  minLease: number;
  forgetAfter: number;
  leaderLease: number;
  prices?: string;
  withParent: boolean;
}

/** Longest lease: a day. */
const mostLeaseMs = 24 * 3600 * 1000;

/** Reads command-line arguments (without node and script); wrong ones end the process with status 2 and a line on stderr. */
export function readConfig(args: readonly string[]): ControllerConfig {
  const command = new Command('satchel-controller')
    .description('Registers jobs, places them on storage nodes, and ends them when their leases lapse')
    .requiredOption(
      '--state <dir>',
      'folder of the state, made if need be; or etcd://HOST:PORT[,HOST:PORT]/PREFIX for several controllers',
    )
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'gRPC port; 0 picks a free one', port, 7400)
    .option('--http-port <port>', 'HTTP port of /metrics, /healthz and the status page; 0 picks a free one', port, 7401)
    .option('--object <uri>', 'where nodes keep objects; shown on the status page')
    .option('--prices <file>', 'price sheet, as docs/sizing.md has it (default: public list prices)')
    .option('--lease <duration>', 'lease of a job that does not ask for one', duration, 60_000)
    .option('--min-lease <duration>', 'shortest lease', duration, 5000)
    .option(
      '--forget-after <duration>',
      'how long a node may be down before what it held is lost',
      duration,
      lifeTimes.forgetAfterMs,
    )
    .option('--leader-lease <duration>', 'with etcd: silence after which another controller takes over', leaderLease, 2000)
    .option('--with-parent', 'stop when standard input ends', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addScalingOptions(command);
  const options = command.parse(args, { from: 'user' }).opts<Options>();
  return {
    state: stateOf(options.state, command),
    leaderLeaseSeconds: options.leaderLease / 1000,
    host: options.host,
    port: options.port,
    httpPort: options.httpPort,
    objectUri: options.object,
    leases: { defaultMs: Math.max(options.lease, options.minLease), leastMs: options.minLease, mostMs: mostLeaseMs },
    forgetAfterMs: options.forgetAfter,
    scaling: orWrongUsage(command, '--provider', () => scalingFor(options)),
    prices:
      options.prices === undefined ? undefined : orWrongUsage(command, '--prices', () => readPriceSheet(options.prices ?? '')),
    withParent: options.withParent,
  };
}

function stateOf(text: string, command: Command): ControllerConfig['state'] {
  return isEtcdUri(text) ? { etcd: orWrongUsage(command, '--state', () => parseEtcdUri(text)) } : { folder: text };
}

/** Nodes that are processes of a controller would end when another one leads. */
function scalingFor(options: Options): ScalingSettings {
  if (options.provider !== 'local' || !isEtcdUri(options.state)) return scalingOf(options);
  throw new SatchelError('invalid-argument', 'local nodes belong to one controller; with etcd give another provider');
}

function orWrongUsage<Result>(command: Command, option: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    return command.error(`error: option '${option}': ${SatchelError.from(error).message}`);
  }
}

function leaderLease(text: string): number {
  const ms = duration(text);
  if (ms >= 1000 && ms % 1000 === 0) return ms;
  throw new InvalidArgumentError('a lease in etcd is a whole number of seconds');
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
