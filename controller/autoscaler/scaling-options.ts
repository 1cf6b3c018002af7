import { parseBytes, parseBytesPerSecond, parseDurationMs, SatchelError } from '@satchel/proto/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultPolicy } from './policy.js';
import type { ScalingSettings } from './scaling.js';

/** What the options of {@link addScalingOptions} read. */
export interface ScalingOptions {
  readonly provider: 'static' | 'local' | 'kubernetes';
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly linger: number;
  readonly correctHints: boolean;
  readonly correctAfter: number;
  readonly kubeNamespace: string;
  readonly kubeSelector: string;
  readonly nodeDir: string;
  readonly nodeShards: number;
  readonly nodeDram: number;
  readonly nodeSsd: number;
  readonly nodeThroughput?: number;
  readonly nodeSocketDir?: string;
  readonly nodeBasePort: number;
  readonly nodeHttpPort: number;
  readonly nodeSpin?: string;
  readonly object?: string;
}

const GiB = 2 ** 30;

/** Options on where nodes come from and how many there are. */
export function addScalingOptions(command: Command): Command {
  const provider = new Option(
    '--provider <kind>',
    'who starts nodes: static: somebody else; local: this process, as its children; kubernetes: StatefulSets, which are scaled',
  );
  return command
    .addOption(provider.choices(['static', 'local', 'kubernetes']).default('static'))
    .option('--min-nodes <count>', 'nodes there are always', whole(1, 65_535), 1)
    .option('--max-nodes <count>', 'nodes there are at most', whole(1, 65_535), 4)
    .option(
      '--linger <duration>',
      'how long the fleet is too large before a node is drained',
      read(parseDurationMs),
      defaultPolicy.lingerMs,
    )
    .option('--kube-namespace <name>', 'namespace of the StatefulSets', 'default')
    .option('--kube-selector <labels>', 'labels of the StatefulSets and their pods', 'app.kubernetes.io/component=storage-node')
    .option('--no-correct-hints', 'leave reservations of running jobs as their hints say')
    .option(
      '--correct-after <duration>',
      'how long a job is watched before less is reserved for it',
      read(parseDurationMs),
      300_000,
    )
    .option('--node-dir <dir>', 'folder of local nodes', './satchel-nodes')
    .option('--node-shards <count>', 'shards of a local node', whole(1, 256), 1)
    .option('--node-dram <size>', 'DRAM of a local node', read(parseBytes), GiB)
    .option('--node-ssd <size>', 'SSD of a local node', read(parseBytes), 8 * GiB)
    .option('--node-throughput <rate>', 'what a local node is relied on to move', read(parseBytesPerSecond))
    .option('--node-socket-dir <dir>', 'folder of the sockets of local nodes (default: one in the folder of each)')
    .option('--node-base-port <port>', 'first port of shards of local nodes; 0: any free ones', whole(0, 65_535), 7500)
    .option('--node-http-port <port>', 'first HTTP port of local nodes; 0: any free ones', whole(0, 65_535), 7480)
    .option('--node-spin <ms>', '--spin of local nodes');
}

/** Options, read, as settings; throws `invalid-argument` if they contradict each other. */
export function scalingOf(options: ScalingOptions): ScalingSettings {
  const { minNodes, maxNodes, linger } = options;
  if (minNodes > maxNodes) {
    throw new SatchelError('invalid-argument', `--min-nodes ${minNodes} is more than --max-nodes ${maxNodes}`);
  }
  return {
    provider: providerOf(options),
    policy: { least: minNodes, most: maxNodes, lingerMs: linger },
    correction: options.correctHints ? { patienceMs: options.correctAfter } : undefined,
  };
}

function providerOf(options: ScalingOptions): ScalingSettings['provider'] {
  if (options.provider === 'static') return { kind: 'static' };
  if (options.provider === 'kubernetes') {
    return { kind: 'kubernetes', namespace: options.kubeNamespace, selector: options.kubeSelector };
  }
  return {
    kind: 'local',
    dir: options.nodeDir,
    shards: options.nodeShards,
    dramBytes: options.nodeDram,
    ssdBytes: options.nodeSsd,
    throughputBytesPerSecond: options.nodeThroughput,
    object: options.object,
    socketDir: options.nodeSocketDir,
    basePort: options.nodeBasePort,
    httpPort: options.nodeHttpPort,
    spin: options.nodeSpin,
    most: options.maxNodes,
  };
}

function read(parse: (text: string) => number): (text: string) => number {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(SatchelError.from(error).message);
    }
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`'${text}' is not a whole number from ${least} to ${most}`);
  };
}
