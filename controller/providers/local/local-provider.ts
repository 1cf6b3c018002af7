import { join } from 'node:path';
import { assert } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { SupervisedProcess } from '../../processes/supervised-process.js';
import { removeTree, stopOrphans } from '../../processes/sweep.js';
import type { NodeProvider, NodeShape, ProvidedNode } from '../node-provider.js';
import { LocalNodesFile } from './local-nodes-file.js';

/** A node that is not ready by then has failed. */
const readyTimeoutMs = 60_000;
/** A node that has not stopped by then is killed. */
const stopBoundMs = 5000;

/** The one shape of a local provider. */
export const localShape = 'local';

export interface LocalProviderOptions {
  /** Path of the storage node's script. */
  readonly main: string;
  /** Folder of the nodes, each in one of its own. */
  readonly dir: string;
  /** Address under which nodes find the controller. */
  readonly controller: string;
  readonly object: string;
  /** Undefined: each node's own. */
  readonly socketDir: string | undefined;
  /** Nodes take free ports from here upward; 0: any. */
  readonly basePort: number;
  readonly httpPort: number;
  /** As text for the nodes' --spin; undefined: their default. */
  readonly spin: string | undefined;
  readonly shape: Omit<NodeShape, 'name'>;
  readonly log: Logger;
}

interface LocalNode {
  readonly part: SupervisedProcess;
  phase: ProvidedNode['phase'];
}

/**
 * Storage nodes as child processes of the controller, started again when they die. They end with the controller, also when it is killed; nodes
 * that a controller before this one had in the folder are started again under their names, on what they have on disk.
 */
export class LocalProvider implements NodeProvider {
  readonly kind = 'local';
  readonly shapes: readonly NodeShape[];
  readonly #options: LocalProviderOptions;
  readonly #file: LocalNodesFile;
  readonly #nodes = new Map<string, LocalNode>();
  /** Resolves when nothing of an earlier controller runs any more. */
  readonly #swept: Promise<void>;
  #closed: Promise<void> | undefined;

  /** Throws `unavailable` if another controller has the folder. */
  constructor(options: LocalProviderOptions) {
    this.#options = options;
    this.shapes = [{ ...options.shape, name: localShape }];
    this.#file = new LocalNodesFile(options.dir);
    this.#swept = stopOrphans(this.#file.leftovers);
    for (const node of this.#file.nodes) this.#launch(node);
  }

  async nodes(): Promise<readonly ProvidedNode[]> {
    return [...this.#nodes].map(([node, { phase }]) => ({ node, shape: localShape, phase }));
  }

  async start(shape: string, count: number): Promise<readonly string[]> {
    assert(shape === localShape, `'${shape}' is a shape of this provider`);
    const names = this.#file.add(count);
    for (const node of names) this.#launch(node);
    return names;
  }

  /** Any node may go. */
  async removable(nodes: readonly string[]): Promise<readonly string[]> {
    return nodes.filter((node) => this.#nodes.has(node));
  }

  async remove(node: string): Promise<void> {
    const there = this.#nodes.get(node);
    if (there === undefined) return;
    there.phase = 'stopping';
    await there.part.stop(stopBoundMs);
    await removeTree(join(this.#options.dir, node));
    this.#file.remove(node);
    this.#nodes.delete(node);
  }

  /** Stops all nodes; what they have on disk stays. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#nodes.values()].map(({ part }) => part.stop(stopBoundMs))).then(() => undefined);
    return this.#closed;
  }

  #launch(node: string): void {
    const { log, main } = this.#options;
    const environment = { SATCHEL_LOG: 'warn', ...process.env };
    const plan = { name: node, main, arguments: this.#argumentsOf(node), environment };
    const part = new SupervisedProcess(plan, {
      readyTimeoutMs,
      onLine: (line) => log.warn({ node }, `${node}: ${line}`),
      onSpawn: (child) => this.#file.recordChild(child),
      onNotice: (text) => log.info({ node }, text),
      onGiveUp: (error) => this.#becomes(node, 'failed', error),
      onLeft: () => this.#becomes(node, 'left'),
    });
    this.#nodes.set(node, { part, phase: 'starting' });
    const started = this.#swept.then(() => (this.#closed === undefined ? part.start() : undefined));
    started.then(
      () => this.#becomes(node, 'running'),
      (error: unknown) => this.#becomes(node, 'failed', error),
    );
  }

  #becomes(node: string, phase: ProvidedNode['phase'], error?: unknown): void {
    const there = this.#nodes.get(node);
    if (there === undefined || there.phase === 'stopping' || this.#closed !== undefined) return;
    there.phase = phase;
    if (error !== undefined) this.#options.log.warn({ err: error, node }, 'a node of the local provider does not run');
  }

  #argumentsOf(node: string): string[] {
    const { controller, dir, object, socketDir, basePort, httpPort, spin, shape } = this.#options;
    return [
      ...['--controller', controller, '--id', node, '--dir', join(dir, node), '--object', object],
      ...['--shards', String(shape.shards), '--dram', String(shape.dramBytes), '--ssd', String(shape.ssdBytes)],
      ...['--throughput', `${shape.throughputBytesPerSecond}B/s`, '--advertise', '127.0.0.1'],
      ...['--base-port', String(basePort), '--http-port', String(httpPort)],
      ...(socketDir === undefined ? [] : ['--socket-dir', socketDir]),
      ...(spin === undefined ? [] : ['--spin', spin]),
    ];
  }
}
