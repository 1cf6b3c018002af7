import { statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkName, parseBytes, parseBytesPerSecond, SatchelError } from '@satchel/proto/core';
import { controllerAddress } from '@satchel/proto/rpc';
import { Command, InvalidArgumentError } from 'commander';
import { memoryLimitBytes } from './host/machine.js';

const GiB = 2 ** 30;

/** Everything a storage node is told at start, complete. */
export interface NodeOptions {
  /** `host:port` of the controller. */
  readonly controller: string;
  /** None: the id kept in `dir`, or a new one. */
  readonly id: string | undefined;
  /** Absolute path of the node's folder. */
  readonly dir: string;
  readonly shards: number;
  /** Of the node, shared by its shards. */
  readonly dramBytes: number;
  /** Of the node, shared by its shards. */
  readonly ssdBytes: number;
  /** `file:DIR` or `s3://BUCKET?endpoint=URL&region=R`. */
  readonly object: string;
  /** Shards take free ports from here upward; 0: any free ones. */
  readonly basePort: number;
  readonly httpPort: number;
  /** Host name or address under which others reach this node. */
  readonly advertise: string;
  /** Address the node listens on. */
  readonly listen: string;
  readonly socketDir: string;
  readonly throughputBytesPerSecond: number;
  /** How long a shard polls the rings of clients on its host after their last use; 0: they get none. */
  readonly spinMs: number;
  /** Whether the node stops when its standard input ends. */
  readonly withParent: boolean;
  /** Whether a node that has left waits to be stopped, for who starts anew whatever ends. */
  readonly stayWhenLeft: boolean;
}

/**
 * Throughput a shard is announced with unless --throughput says otherwise. An assumption, not a measurement: placement needs
 * some number, and a node whose network or processor is slower or faster states its own.
 */
export const defaultShardThroughputBytes = 512 * 2 ** 20;

interface RawOptions {
  controller?: string;
  id?: string;
  dir: string;
  shards: number;
  dram?: number;
  ssd?: number;
  object?: string;
  basePort: number;
  httpPort: number;
  advertise: string;
  listen?: string;
  socketDir?: string;
  throughput?: number;
  spin: number;
  withParent?: boolean;
  stayWhenLeft?: boolean;
}

/** Reads the command line (without node and script); throws `invalid-argument`, or commander's error on wrong usage. */
export function parseNodeOptions(argv: readonly string[]): NodeOptions {
  const raw = nodeCommand().parse(argv, { from: 'user' }).opts<RawOptions>();
  const dir = resolve(raw.dir);
  if (raw.id !== undefined) checkName('node id', raw.id);
  return {
    controller: controllerAddress(raw.controller),
    id: raw.id,
    dir,
    shards: raw.shards,
    dramBytes: raw.dram ?? defaultDramBytes(memoryLimitBytes()),
    ssdBytes: raw.ssd ?? defaultSsdBytes(freeDiskBytes(dir)),
    object: raw.object ?? `file:${join(dir, 'objects')}`,
    basePort: raw.basePort,
    httpPort: raw.httpPort,
    advertise: raw.advertise,
    listen: raw.listen ?? (isLoopback(raw.advertise) ? raw.advertise : '0.0.0.0'),
    socketDir: checkSocketDir(resolve(raw.socketDir ?? join(dir, 'sockets'))),
    throughputBytesPerSecond: raw.throughput ?? raw.shards * defaultShardThroughputBytes,
    spinMs: raw.spin,
    withParent: raw.withParent ?? false,
    stayWhenLeft: raw.stayWhenLeft ?? false,
  };
}

/** 1 GiB, or half the memory where that is less. */
export function defaultDramBytes(memoryBytes: number): number {
  return Math.min(GiB, Math.floor(memoryBytes / 2));
}

/** 8 GiB, or half of what is free on the disk where that is less. */
export function defaultSsdBytes(freeBytes: number): number {
  return Math.min(8 * GiB, Math.floor(freeBytes / 2));
}

function nodeCommand(): Command {
  return new Command('satchel-node')
    .description('A storage node of Satchel')
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stderr.write(text) })
    .option(
      '--controller <host:port>',
      'the controller, or several with commas between (default: SATCHEL_CONTROLLER, else 127.0.0.1:7400)',
    )
    .option('--id <id>', 'id of the node (default: the one kept in --dir, else a new one)')
    .option('--dir <dir>', 'folder of the node', './satchel-node')
    .option('--shards <n>', 'shard processes, best one per core', whole(1, 256), 1)
    .option('--dram <size>', 'DRAM of all shards (default: 1GiB, at most half the memory)', option(parseBytes))
    .option('--ssd <size>', 'SSD space of all shards (default: 8GiB, at most half of what is free)', option(parseBytes))
    .option('--object <uri>', 'file:DIR or s3://BUCKET?endpoint=URL&region=R (default: a folder in --dir)')
    .option('--base-port <port>', 'first port of the shards; 0: any free ones', whole(0, 65_535), 7500)
    .option('--http-port <port>', 'port of /metrics, /healthz, /readyz, /livez; 0: a free one', whole(0, 65_535), 7480)
    .option('--advertise <host>', 'host under which others reach this node', '127.0.0.1')
    .option('--listen <address>', 'address to listen on (default: --advertise if loopback, else all)')
    .option('--socket-dir <dir>', 'folder of the Unix sockets (default: sockets in --dir)')
    .option('--throughput <rate>', 'bytes per second the node is good for, such as 1GiB/s', option(parseBytesPerSecond))
    .option('--spin <ms>', 'poll shared memory for clients of this host so long after its last use; 0: off', spin, defaultSpinMs)
    .option('--with-parent', 'stop when standard input ends')
    .option('--stay-when-left', 'drained and left, wait to be stopped: for supervisors that start anew what ends');
}

function option<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(SatchelError.from(error).message);
    }
  };
}

function whole(least: number, most: number): (text: string) => number {
  return option((text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new SatchelError('invalid-argument', `'${text}' is not a whole number from ${least} to ${most}`);
  });
}

/** Longer than a busy client takes between two calls, and little for each time that it pauses. */
const defaultSpinMs = 0.2;
/** Longer would be a processor kept busy for clients that do nothing. */
const mostSpinMs = 1000;

function spin(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= mostSpinMs) return value;
  throw new InvalidArgumentError(`'${text}' is not a number of milliseconds from 0 to ${mostSpinMs}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** A Unix socket's path has 107 bytes at most; `/65535.sock` takes 11 of them. */
function checkSocketDir(dir: string): string {
  if (Buffer.byteLength(dir) <= 96) return dir;
  throw new SatchelError('invalid-argument', `--socket-dir ${dir} is too long for Unix sockets: give one of at most 96 bytes`);
}

function freeDiskBytes(dir: string): number {
  for (let at = dir; ; at = dirname(at)) {
    try {
      const facts = statfsSync(at);
      return facts.bavail * facts.bsize;
    } catch {
      if (at === dirname(at)) return 16 * GiB;
    }
  }
}
