import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SatchelError } from '@satchel/proto/core';

/** What `satchel up --json` prints once it is ready. */
export interface ClusterDocument {
  readonly controller: string;
  readonly http: string;
  readonly faas?: string;
  readonly nodes: readonly { readonly id: string; readonly address: string; readonly socket: string; readonly http: string }[];
}

/** A whole Satchel in processes of its own. */
export interface Cluster extends ClusterDocument {
  readonly pid: number;
  /** Rejects when the cluster ends by itself; otherwise never settles. */
  readonly ended: Promise<never>;
  /** Stops every process and waits until they are gone. Idempotent. */
  stop(): Promise<void>;
}

/** How `satchel up` is told what to start. */
export interface ClusterOptions {
  readonly nodes: number;
  /** The controller starts and stops nodes, from `nodes` up to so many. Default: there are always `nodes`. */
  readonly maxNodes?: number;
  readonly shards: number;
  readonly dram: string;
  readonly ssd: string;
  readonly object?: string | undefined;
  /** Milliseconds for which shards poll shared memory after its last use. Default: they do not. */
  readonly spin?: string | undefined;
  /** Whether functions run, too. Default: they do. */
  readonly functions?: boolean;
}

/** The command line of the satchel CLI as a process. */
export function satchelCommand(...args: string[]): [command: string, args: string[]] {
  return [process.execPath, [fileURLToPath(import.meta.resolve('@satchel/controller/satchel')), ...args]];
}

/** Starts a cluster on free ports; what it says on stderr goes to ours. Rejects with what went wrong. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { nodes, maxNodes } = options;
  const count =
    maxNodes === undefined ? ['--nodes', String(nodes)] : ['--min-nodes', String(nodes), '--max-nodes', String(maxNodes)];
  const sizes = [...count, '--shards', String(options.shards), '--dram', options.dram, '--ssd', options.ssd];
  const object = options.object === undefined ? [] : ['--object', options.object];
  const spin = options.spin === undefined ? [] : ['--spin', options.spin];
  const faas = options.functions === false ? ['--no-faas'] : [];
  const ports = ['--controller-port', '0', '--base-port', '0', '--faas-port', '0'];
  const [command, args] = satchelCommand('up', '--json', '--with-parent', ...sizes, ...object, ...spin, ...faas, ...ports);
  // A group of its own: Ctrl-C on the terminal reaches us alone, and we stop it in order. It goes with us by its standard input.
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) =>
      reject(new SatchelError('unavailable', `satchel up ended ${signal ? `by ${signal}` : `with exit code ${code}`}`)),
    );
  });
  ended.catch(() => {});
  const document = JSON.parse(await Promise.race([firstLine(child), ended])) as ClusterDocument;
  return { ...document, pid: child.pid as number, ended, stop: () => stop(child) };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new SatchelError('internal', 'satchel up has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return new Promise(() => {});
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
