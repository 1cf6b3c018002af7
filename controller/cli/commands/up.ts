import { formatBytes } from '@satchel/proto/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bytesArgument, durationMsArgument, portArgument, positiveBytesArgument, wholeNumber } from '../arguments.js';
import { type Cluster, startCluster } from '../cluster/cluster.js';
import { clusterDefaults, completeClusterOptions, type ScaleOptions } from '../cluster/options.js';
import type { ReadyDocument } from '../cluster/ready-document.js';
import { type CliProcess, type CommandContext, contextOf, newCommand } from '../context.js';
import { UsageError } from '../exit-code.js';
import { fields } from '../output.js';
import { withProgress } from '../progress.js';

interface UpOptions {
  readonly nodes?: number;
  readonly minNodes?: number;
  readonly maxNodes?: number;
  readonly linger?: number;
  readonly shards?: number;
  readonly dram?: number;
  readonly ssd?: number;
  readonly object?: string;
  readonly spin?: string;
  readonly prices?: string;
  readonly dir?: string;
  readonly controllerPort?: number;
  readonly httpPort?: number;
  readonly basePort?: number;
  readonly faasPort?: number;
  readonly faas: boolean;
  readonly withParent?: boolean;
}

/** `up`: controller, nodes and functions as processes in the foreground, until SIGINT or SIGTERM. */
export function addUp(parent: Command, io: CliProcess): void {
  const { nodes, shards, dramBytes, ssdBytes, controllerPort, httpPort, basePort, faasPort } = clusterDefaults;
  const size = (bytes: number): string => formatBytes(bytes).replace(' ', '');
  newCommand(parent, 'up', 'run controller, storage nodes and functions here, until interrupted')
    .option('--nodes <count>', `storage nodes (default: ${nodes})`, wholeNumber(1, 256))
    .option('--max-nodes <count>', 'start and stop nodes as jobs need them, up to so many', wholeNumber(1, 256))
    .option('--min-nodes <count>', 'with --max-nodes: nodes there are always (default: 1)', wholeNumber(1, 256))
    .option('--linger <time>', 'with --max-nodes: how long nodes are too many before one goes (default: 20s)', durationMsArgument)
    .option('--shards <count>', `shards per node (default: ${shards})`, wholeNumber(1, 256))
    .option('--dram <size>', `DRAM per node, shared by its shards (default: ${size(dramBytes)})`, positiveBytesArgument)
    .option('--ssd <size>', `SSD per node, shared by its shards (default: ${size(ssdBytes)})`, bytesArgument)
    .option('--object <uri>', 'object tier: file:DIR or s3://BUCKET?endpoint=URL&region=R (default: a folder)', objectArgument)
    .option('--spin <ms>', 'let shards poll shared memory so long after its last use; 0: off', spinArgument)
    .option('--prices <file>', 'price sheet (default: public list prices)')
    .option('--dir <dir>', 'folder of this run (default: a fresh one)')
    .option('--controller-port <port>', `gRPC port, 0 for a free one (default: ${controllerPort})`, portArgument)
    .option('--http-port <port>', `port of /metrics and /healthz, 0 for a free one (default: ${httpPort})`, portArgument)
    .option('--base-port <port>', `first port of the shards, 0 for free ones (default: ${basePort})`, portArgument)
    .option('--faas-port <port>', `port of the functions API, 0 for a free one (default: ${faasPort})`, portArgument)
    .option('--no-faas', 'run no functions')
    .addOption(new Option('--with-parent', 'stop when standard input ends').hideHelp())
    .action((options: UpOptions, command: Command) => up(options, command, io));
}

/** Milliseconds, checked here so that the message names this option. */
function spinArgument(text: string): string {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1000) return text;
  throw new InvalidArgumentError(`'${text}' is not a number of milliseconds from 0 to 1000`);
}

async function up(options: UpOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { dram, ssd, ...rest } = options;
  const settings = completeClusterOptions({ ...rest, scale: scaleOf(options), dramBytes: dram, ssdBytes: ssd });
  const stop = new StopRequests(io, options.withParent === true);
  try {
    const nodes = settings.scale?.least ?? settings.nodes;
    const cluster = await withProgress(io, `starting ${nodes} storage node${nodes === 1 ? '' : 's'}`, () =>
      startCluster(settings, {
        onNotice: (text) => context.output.note(text),
        onFailure: (error) => stop.fail(error),
        signal: stop.signal,
      }),
    );
    stop.onRepeat(() => cluster.kill());
    await serve(cluster, stop, context);
  } finally {
    stop.close();
  }
}

/** How many nodes there may be; undefined: as many as there are. */
function scaleOf({ nodes, minNodes, maxNodes, linger }: UpOptions): ScaleOptions | undefined {
  if (maxNodes === undefined) {
    if (minNodes === undefined && linger === undefined) return undefined;
    throw new UsageError('--min-nodes and --linger go with --max-nodes');
  }
  if (nodes !== undefined) throw new UsageError('give either --nodes, or --max-nodes and --min-nodes');
  const least = minNodes ?? 1;
  if (least > maxNodes) throw new UsageError(`--min-nodes ${least} is more than --max-nodes ${maxNodes}`);
  return { least, most: maxNodes, lingerMs: linger };
}

async function serve(cluster: Cluster, stop: StopRequests, context: CommandContext): Promise<void> {
  try {
    context.output.result(cluster.ready, () => describe(cluster.ready));
    await stop.requested;
  } finally {
    await withProgress(context.io, 'stopping', () => cluster.stop());
  }
}

function describe(ready: ReadyDocument): string {
  const about = fields([
    ['controller', ready.controller],
    ['dashboard', `http://${ready.http}`],
    ['functions', ready.faas ?? 'none'],
    ...ready.nodes.map(({ id, address }): [string, string] => [id, address]),
    ['folder', ready.dir],
  ]);
  return `${about}\n\nReady. Ctrl-C stops everything.`;
}

/** When to stop: a signal, the end of the parent, or a part that keeps dying. */
class StopRequests {
  /** Resolves at the first request, rejects if the cluster failed. */
  readonly requested: Promise<void>;
  readonly #abort = new AbortController();
  readonly #io: CliProcess;
  readonly #request = (): void => {
    const nowMs = performance.now();
    if (this.#abort.signal.aborted && nowMs - this.#requestedAtMs > sameRequestMs) this.#repeat();
    if (!this.#abort.signal.aborted) this.#requestedAtMs = nowMs;
    this.#abort.abort();
  };
  #requestedAtMs = Number.NEGATIVE_INFINITY;
  #parentWatch: NodeJS.Timeout | undefined;
  #repeat: () => void = () => undefined;
  #failure: Error | undefined;

  constructor(io: CliProcess, withParent: boolean) {
    this.#io = io;
    this.requested = new Promise((resolve, reject) => {
      this.#abort.signal.addEventListener('abort', () => (this.#failure ? reject(this.#failure) : resolve()), { once: true });
    });
    this.requested.catch(() => undefined);
    for (const signal of stopSignals) io.on(signal, this.#request);
    if (io.env['npm_command'] === 'exec') this.#watchParent();
    if (withParent) io.stdin.once('end', this.#request).once('close', this.#request).resume();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#abort.abort();
  }

  /** What a second request does while the first is being carried out. */
  onRepeat(action: () => void): void {
    this.#repeat = action;
  }

  /** npx runs us in a shell, which ends at a signal that npx passes on, and does not pass it on itself: its end is the request. */
  #watchParent(): void {
    const parent = process.ppid;
    this.#parentWatch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(this.#parentWatch);
      if (!this.#abort.signal.aborted) this.#request();
    }, parentWatchMs);
  }

  close(): void {
    clearInterval(this.#parentWatch);
    for (const signal of stopSignals) this.#io.off(signal, this.#request);
    this.#io.stdin.off('end', this.#request).off('close', this.#request).pause();
  }
}

/** How often it is looked whether npx is still there: the system does not say. */
const parentWatchMs = 250;

/** What comes again so soon is one request: npx passes on a Ctrl-C that the terminal has sent here, too. */
const sameRequestMs = 500;

const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function objectArgument(text: string): string {
  if (/^file:.+|^s3:\/\/.+/.test(text)) return text;
  throw new InvalidArgumentError(`'${text}' is neither file:DIR nor s3://BUCKET?endpoint=URL&region=R.`);
}
