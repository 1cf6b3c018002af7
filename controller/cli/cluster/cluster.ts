import { join, resolve } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import type { ProcessPlan } from '../../processes/launched-process.js';
import { PortDealer } from '../../processes/ports.js';
import { RunFolder, socketsFit } from '../../processes/run-folder.js';
import { SupervisedProcess } from '../../processes/supervised-process.js';
import { nodesThatJoined } from './joined-nodes.js';
import type { ClusterOptions, ScaleOptions } from './options.js';
import { portOf, type ReadyDocument, type ReadyNode, readyNodeOf, textOf } from './ready-document.js';

export interface ClusterHooks {
  /** What happens to the parts, and what they write on stderr; one line for people. */
  readonly onNotice: (text: string) => void;
  /** A part keeps dying; the cluster should be stopped. */
  readonly onFailure: (error: SatchelError) => void;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}

/** Controller, storage nodes and functions as child processes, which are started again when they die. */
export interface Cluster {
  readonly ready: ReadyDocument;
  /** Stops all parts in order and removes everything they made. Idempotent. */
  stop(): Promise<void>;
  /** Kills all parts, so that a `stop` under way ends at once. */
  kill(): void;
}

/** Starts a cluster; if that fails or is aborted, everything is stopped and removed before it rejects. */
export async function startCluster(options: ClusterOptions, hooks: ClusterHooks): Promise<Cluster> {
  const folder = await RunFolder.claim(options.dir);
  const cluster = new ProcessCluster(options, hooks, folder);
  try {
    const ready = await abortable(cluster.start(), hooks.signal);
    return { ready, stop: () => cluster.stop(), kill: () => cluster.kill() };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

class ProcessCluster {
  readonly #options: ClusterOptions;
  readonly #hooks: ClusterHooks;
  readonly #folder: RunFolder;
  readonly #ports = new PortDealer();
  #socketFolder: RunFolder | undefined;
  #controller: SupervisedProcess | undefined;
  readonly #nodes: SupervisedProcess[] = [];
  #functions: SupervisedProcess | undefined;
  #stopped: Promise<void> | undefined;
  /** What parts wrote while starting: if the start fails, its error says what matters of it. */
  #heldLines: string[] | undefined = [];

  constructor(options: ClusterOptions, hooks: ClusterHooks, folder: RunFolder) {
    this.#options = options;
    this.#hooks = hooks;
    this.#folder = folder;
  }

  async start(): Promise<ReadyDocument> {
    const sockets = this.#makeSocketDir();
    const object = this.#options.object ?? `file:${this.#makeFolder('objects')}`;
    const { scale, readyTimeoutMs } = this.#options;
    const { controller, http } = await this.#startController(scale && this.#scaleArguments(scale, object, sockets));
    const started = scale
      ? nodesThatJoined(controller, scale.least, readyTimeoutMs)
      : this.#startNodes(controller, object, sockets);
    const faas = this.#options.faas ? this.#startFunctions(controller, sockets) : null;
    const [nodes, faasAddress] = await Promise.all([observed(started), faas]);
    for (const line of this.#heldLines ?? []) this.#hooks.onNotice(line);
    this.#heldLines = undefined;
    return { controller, http, faas: faasAddress, nodes, dir: this.#folder.dir };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  kill(): void {
    for (const part of [this.#functions, ...this.#nodes, this.#controller]) part?.kill();
  }

  async #stopAll(): Promise<void> {
    const boundMs = this.#options.stopBoundMs;
    await this.#functions?.stop(boundMs);
    await Promise.all(this.#nodes.map((node) => node.stop(boundMs)));
    await this.#controller?.stop(boundMs);
    await this.#socketFolder?.remove();
    await this.#folder.remove();
  }

  /** Shards' sockets lie in the run folder, or in a shorter one if their paths would be too long. */
  #makeSocketDir(): string {
    if (socketsFit(join(this.#folder.dir, 'sockets'))) return this.#makeFolder('sockets', 'passable');
    this.#socketFolder = RunFolder.claimShort();
    return this.#socketFolder.makeFolder('sockets', 'passable');
  }

  /** Ports are dealt one node after the other, so that node-1 has the first ones. */
  async #startNodes(controller: string, object: string, sockets: string): Promise<ReadyNode[]> {
    const starts: Promise<ReadyNode>[] = [];
    for (let number = 1; number <= this.#options.nodes; number++) {
      const basePort = await this.#ports.run(this.#options.basePort, this.#options.shards * 2);
      const httpPort = await this.#ports.run(this.#options.nodeHttpPort, 1);
      starts.push(observed(this.#startNode(`node-${number}`, { controller, object, sockets, basePort, httpPort })));
    }
    return Promise.all(starts);
  }

  /** What has the controller start nodes itself. */
  #scaleArguments({ least, most, lingerMs }: ScaleOptions, object: string, sockets: string): string[] {
    const { shards, dramBytes, ssdBytes, spin, basePort, nodeHttpPort } = this.#options;
    return [
      ...['--provider', 'local', '--min-nodes', String(least), '--max-nodes', String(most)],
      ...['--node-dir', this.#makeFolder('nodes'), '--node-socket-dir', sockets, '--object', object],
      ...['--node-shards', String(shards), '--node-dram', String(dramBytes), '--node-ssd', String(ssdBytes)],
      ...['--node-base-port', String(basePort), '--node-http-port', String(nodeHttpPort)],
      ...(spin === undefined ? [] : ['--node-spin', spin]),
      ...(lingerMs === undefined ? [] : ['--linger', `${lingerMs}ms`]),
    ];
  }

  async #startController(scaleArguments: readonly string[] = []): Promise<{ controller: string; http: string }> {
    const port = await this.#ports.one(this.#options.controllerPort, '--controller-port');
    const httpPort = await this.#ports.one(this.#options.httpPort, '--http-port');
    const state = this.#makeFolder('controller');
    const arguments_ = (rpc: string, http: string): string[] => [
      ...['--host', '127.0.0.1', '--port', rpc, '--http-port', http, '--state', state],
      ...(this.#options.object === undefined || scaleArguments.length > 0 ? [] : ['--object', this.#options.object]),
      ...scaleArguments,
      ...(this.#options.prices === undefined ? [] : ['--prices', resolve(this.#options.prices)]),
    ];
    const part = this.#supervise('controller', this.#options.mains.controller, arguments_(String(port), String(httpPort)));
    this.#controller = part;
    const ready = await part.start();
    const [controller, http] = [textOf('controller', ready, 'controller'), textOf('controller', ready, 'http')];
    part.restartWith(arguments_(portOf(controller), portOf(http)));
    return { controller, http };
  }

  async #startNode(id: string, about: NodePlan): Promise<ReadyNode> {
    const { shards, dramBytes, ssdBytes, spin, mains } = this.#options;
    const part = this.#supervise(id, mains.node, [
      ...['--controller', about.controller, '--id', id, '--dir', this.#makeFolder(id)],
      ...['--shards', String(shards), '--dram', String(dramBytes), '--ssd', String(ssdBytes), '--object', about.object],
      ...['--base-port', String(about.basePort), '--http-port', String(about.httpPort)],
      ...['--advertise', '127.0.0.1', '--socket-dir', about.sockets],
      ...(spin === undefined ? [] : ['--spin', spin]),
    ]);
    this.#nodes.push(part);
    return readyNodeOf(id, await part.start());
  }

  async #startFunctions(controller: string, sockets: string): Promise<string> {
    const port = await this.#ports.one(this.#options.faasPort, '--faas-port');
    const dir = this.#makeFolder('functions', 'passable');
    const arguments_ = (at: string): string[] => ['--host', '127.0.0.1', '--port', at, '--dir', dir, '--controller', controller];
    const environment = { SATCHEL_SOCKET_DIR: sockets, SATCHEL_CONTROLLER: controller };
    const part = this.#supervise('functions', this.#options.mains.functions, arguments_(String(port)), environment);
    this.#functions = part;
    const faas = textOf('functions', await part.start(), 'faas');
    part.restartWith(arguments_(portOf(faas)));
    return faas;
  }

  #onLine(line: string): void {
    if (this.#heldLines) this.#heldLines.push(line);
    else this.#hooks.onNotice(line);
  }

  #makeFolder(name: string, access?: 'passable'): string {
    if (this.#stopped) throw new SatchelError('unavailable', 'the cluster is being stopped');
    return this.#folder.makeFolder(name, access);
  }

  #supervise(name: string, main: string, arguments_: string[], more: NodeJS.ProcessEnv = {}): SupervisedProcess {
    if (this.#stopped) throw new SatchelError('unavailable', 'the cluster is being stopped');
    const environment = { SATCHEL_LOG: 'warn', ...process.env, ...more };
    const plan: ProcessPlan = { name, main, arguments: arguments_, environment };
    return new SupervisedProcess(plan, {
      readyTimeoutMs: this.#options.readyTimeoutMs,
      onLine: (line) => this.#onLine(`${name}: ${line}`),
      onSpawn: (child) => this.#folder.recordChild(child),
      onNotice: this.#hooks.onNotice,
      onGiveUp: this.#hooks.onFailure,
    });
  }
}

interface NodePlan {
  readonly controller: string;
  readonly object: string;
  readonly sockets: string;
  readonly basePort: number;
  readonly httpPort: number;
}

/** A promise whose rejection may be looked at later, or never because another one came first. */
function observed<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  return work;
}

function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new SatchelError('unavailable', 'stopped before everything was ready'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
