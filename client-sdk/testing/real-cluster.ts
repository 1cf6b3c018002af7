import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The line a storage node prints when it is ready. */
interface NodeReady {
  readonly id: string;
  readonly address: string;
}

const root = new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url);
const mainOf = (part: string): string => new URL(`${part}/dist/main.js`, root).pathname;

/** A controller and storage nodes as real processes from compiled code, on free ports and with their data in a folder of their own. */
export class RealCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'satchel-sdk-'));
  readonly socketDir = join(this.folder, 'sockets');
  readonly nodes: NodeReady[] = [];
  controller = '';
  readonly #nodeOptions: readonly string[];
  readonly #processes = new Map<string, ChildProcess>();

  private constructor(nodeOptions: readonly string[]) {
    this.#nodeOptions = nodeOptions;
  }

  /** Starts `nodes` nodes of `shards` shards, each node with 256 MiB of dram, and further options for each. */
  static async start(nodes: number, shards: number, nodeOptions: readonly string[] = []): Promise<RealCluster> {
    const cluster = new RealCluster(nodeOptions);
    await cluster.startController(0);
    for (let index = 1; index <= nodes; index++) await cluster.#startNode(`node-${index}`, shards);
    return cluster;
  }

  async startController(port = Number(this.controller.split(':')[1])): Promise<void> {
    const args = ['--port', String(port), '--http-port', '0', '--host', '127.0.0.1', '--state', join(this.folder, 'controller')];
    const { controller } = await this.#run<{ controller: string }>('controller', mainOf('controller'), args);
    this.controller = controller;
  }

  /** Kills the controller as a crash would. */
  async killController(): Promise<void> {
    const child = this.#processes.get('controller');
    if (child === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Kills every shard of a node as a crash would; the node starts them again. */
  killShards(node: string): void {
    const pid = this.#processes.get(node)?.pid;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const child of children) process.kill(Number(child), 'SIGKILL');
  }

  /** Stops the controller from running, or lets it go on. */
  freezeController(frozen: boolean): void {
    this.#processes.get('controller')?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    const running = [...this.#processes.values()].filter((child) => child.exitCode === null && child.signalCode === null);
    const gone = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill();
    await Promise.all(gone);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startNode(id: string, shards: number): Promise<void> {
    const args = ['--controller', this.controller, '--id', id, '--dir', join(this.folder, id), '--shards', String(shards)];
    args.push('--dram', '256MiB', '--ssd', '1GiB', '--object', `file:${join(this.folder, 'objects')}`, '--base-port', '0');
    args.push('--http-port', '0', '--advertise', '127.0.0.1', '--socket-dir', this.socketDir, ...this.#nodeOptions);
    this.nodes.push(await this.#run<NodeReady>(id, mainOf('storage-node'), args));
  }

  async #run<Ready>(name: string, main: string, args: readonly string[]): Promise<Ready> {
    const child = spawn(process.execPath, [main, ...args, '--with-parent'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#processes.set(name, child);
    const ended = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${name} ended with ${code} before it was ready`)),
    );
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
    ended.catch(() => {});
    return JSON.parse(line) as Ready;
  }
}
