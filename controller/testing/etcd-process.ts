import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Why tests on a real etcd cannot run here; undefined if they can. */
export const noEtcd =
  spawnSync('etcd', ['--version']).status === 0 ? undefined : 'etcd is not installed (Debian: apt-get install etcd-server)';

/** A member of etcd, in a process and folder of its own. */
export interface EtcdProcess {
  /** host:port of clients. */
  readonly address: string;
  readonly child: ChildProcess;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts an etcd of one member, with further options, on free ports of this host; resolves once it answers. */
export async function startEtcd(args: readonly string[] = []): Promise<EtcdProcess> {
  const [member] = await startEtcdMembers(1, args);
  if (member === undefined) throw new Error('no member');
  return member;
}

/** Files of a member that talks TLS to its clients and asks them for certificates. */
export interface EtcdTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The same for clients that come with TLS and a certificate of the authority `ca`. */
export async function startEtcdWithTls({ ca, cert, key }: EtcdTls): Promise<EtcdProcess> {
  const [client, peer, plain] = [await freePort(), await freePort(), await freePort()];
  const urls = { client: `https://127.0.0.1:${client}`, peer: `http://127.0.0.1:${peer}` };
  // Whether it is well is asked where no certificate is wanted.
  const health = `http://127.0.0.1:${plain}`;
  const files = ['--trusted-ca-file', ca, '--cert-file', cert, '--key-file', key, '--client-cert-auth'];
  const cluster = ['--initial-cluster', `m0=${urls.peer}`, '--listen-metrics-urls', health];
  return startMember('m0', urls, [...files, ...cluster], health);
}

/** The same with several members. */
export async function startEtcdMembers(count: number, args: readonly string[] = []): Promise<EtcdProcess[]> {
  const ports: { client: number; peer: number }[] = [];
  while (ports.length < count) ports.push({ client: await freePort(), peer: await freePort() });
  const cluster = ports.map(({ peer }, index) => `m${index}=http://127.0.0.1:${peer}`).join(',');
  return Promise.all(
    ports.map(({ client, peer }, index) => {
      const urls = { client: `http://127.0.0.1:${client}`, peer: `http://127.0.0.1:${peer}` };
      return startMember(`m${index}`, urls, ['--initial-cluster', cluster, ...args]);
    }),
  );
}

async function startMember(
  name: string,
  { client, peer }: { readonly client: string; readonly peer: string },
  args: readonly string[],
  health: string = client,
): Promise<EtcdProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-etcd-'));
  const listen = ['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer];
  const own = ['--name', name, '--data-dir', folder, ...listen, '--initial-advertise-peer-urls', peer, '--log-level', 'error'];
  const child = spawn('etcd', [...own, ...args], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while (child.exitCode === null && !(await isHealthy(health))) await delay(50);
  if (child.exitCode !== null) throw new Error(`etcd ended with status ${child.exitCode}`);
  return { address: new URL(client).host, child, stop };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`);
    return answer.ok && JSON.stringify(await answer.json()).includes('true');
  } catch {
    return false;
  }
}

/** A TCP port of this host that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
