import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type EtcdProcess, freePort, startEtcd } from './etcd-process.js';

/** One of several controllers, as a process. */
export interface CandidateProcess {
  readonly child: ChildProcess;
  /** host:port of gRPC and HTTP. */
  readonly controller: string;
  readonly http: string;
  /** What it said it was when ready. */
  readonly role: 'leader' | 'standby';
}

const mainOf = (part: string): string => fileURLToPath(new URL(`../../${part}/dist/main.js`, import.meta.url));

/** An etcd, controllers on it and storage nodes, as real processes from compiled code. */
export class AvailableFleet {
  /** Where the controllers are, as clients are told. */
  readonly addresses: string;
  readonly #etcd: EtcdProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'satchel-available-'));
  readonly #children: ChildProcess[] = [];

  private constructor(etcd: EtcdProcess, ports: readonly number[]) {
    this.#etcd = etcd;
    this.addresses = ports.map((port) => `127.0.0.1:${port}`).join(',');
  }

  /** Starts etcd alone. */
  static async start(controllers: number): Promise<AvailableFleet> {
    const etcd = await startEtcd();
    const ports: number[] = [];
    while (ports.length < controllers) ports.push(await freePort());
    return new AvailableFleet(etcd, ports);
  }

  /** Starts the controller whose address is at this place of the list. */
  startController(index: number): Promise<CandidateProcess> {
    const port = this.addresses.split(',')[index]?.split(':')[1] ?? '';
    const state = `etcd://${this.#etcd.address}/fleet`;
    return this.#run('controller', ['--state', state, '--port', port, '--http-port', '0']);
  }

  /** Starts a storage node of one shard. */
  startNode(id: string): Promise<{ child: ChildProcess }> {
    const args = ['--controller', this.addresses, '--id', id, '--dir', join(this.#folder, id), '--shards', '1'];
    args.push('--dram', '64MiB', '--ssd', '256MiB', '--object', `file:${join(this.#folder, 'objects')}`, '--base-port', '0');
    args.push('--http-port', '0', '--advertise', '127.0.0.1', '--socket-dir', join(this.#folder, 'sockets'));
    return this.#run('storage-node', args);
  }

  async stop(): Promise<void> {
    const running = this.#children.filter((child) => child.exitCode === null && child.signalCode === null);
    const gone = running.map((child) => once(child, 'exit'));
    for (const child of running) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    await Promise.all(gone);
    await this.#etcd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run<Ready extends object>(part: string, args: readonly string[]): Promise<Ready & { child: ChildProcess }> {
    const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit'];
    const env = { ...process.env, SATCHEL_LOG: 'error' };
    const child = spawn(process.execPath, [mainOf(part), ...args, '--with-parent'], { stdio, env });
    this.#children.push(child);
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${part} ended with ${code}`)));
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
    ended.catch(() => {});
    return { ...JSON.parse(line), child };
  }
}

/** Whether a controller says that it leads; false also if it does not answer. */
export async function saysItLeads({ http }: CandidateProcess): Promise<boolean> {
  try {
    return (await fetch(`http://${http}/leader`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

/** Resolves, with the time it took, once a controller says that it leads, or does not. */
export async function untilLeads(candidate: CandidateProcess, leads = true): Promise<number> {
  const beganMs = performance.now();
  while ((await saysItLeads(candidate)) !== leads) await delay(20);
  return performance.now() - beganMs;
}
