import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { V1StatefulSet } from '@kubernetes/client-node';
import { connect, type Store } from '@satchel/client';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { startControllerProcess } from '../../testing/controller-process.js';
import { FakeKubernetes } from '../../testing/fake-kubernetes.js';
import { renderChart } from '../../testing/render-chart.js';

const MiB = 2 ** 20;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const chart = join(root, 'controller/kubernetes/chart');

let folder: string;
let kubernetes: FakeKubernetes;
let kubelet: Kubelet;
let controller: Awaited<ReturnType<typeof startControllerProcess>>;
let channel: ControllerChannel;
let stores: Store[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-kubernetes-'));
  stores = [];
  kubernetes = await FakeKubernetes.start();
  kubernetes.requireToken('secret');
  const sets = manifests();
  kubelet = new Kubelet();
  for (const set of sets) if (set.metadata?.name === 'satchel-dram') kubernetes.apply(set);
  const [main] = sets.filter(({ metadata }) => metadata?.name === 'satchel-controller');
  const args = argumentsOf(main, { POD_NAMESPACE: kubernetes.namespace });
  const own = ['--host=127.0.0.1', '--port=0', '--http-port=0', `--state=${join(folder, 'state')}`, '--linger=1s'];
  process.env['KUBECONFIG'] = kubeconfig();
  controller = await startControllerProcess([...args, ...own]);
  channel = dial(controller.ready.controller);
  kubelet.start();
});

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  channel.close();
  controller.child.kill('SIGTERM');
  await controller.ended;
  await kubelet.stop();
  await kubernetes.close();
  delete process.env['KUBECONFIG'];
  rmSync(folder, { recursive: true });
});

/** Runs the container of each pod as a process here, and starts it anew whenever it ends, as a kubelet does. */
class Kubelet {
  readonly started: string[] = [];
  readonly #pods = new Map<string, { process: ChildProcess; ended: Promise<unknown> }>();
  readonly #waiting: (() => void)[] = [];
  #run = (start: () => void): void => void this.#waiting.push(start);

  constructor() {
    kubernetes.podAdded = (pod, set) => this.#run(() => this.#launch(pod, set));
    kubernetes.podDeleted = (pod) => this.#pods.get(pod)?.process.kill('SIGTERM');
  }

  /** Pods that were added before are started now. */
  start(): void {
    this.#run = (start) => start();
    for (const start of this.#waiting.splice(0)) start();
  }

  async stop(): Promise<void> {
    kubernetes.podAdded = () => {};
    const running = [...this.#pods.values()];
    this.#pods.clear();
    for (const { process } of running) process.kill('SIGTERM');
    await Promise.all(running.map(({ ended }) => ended));
  }

  #launch(pod: string, set: V1StatefulSet): void {
    this.started.push(pod);
    const dir = join(folder, pod);
    mkdirSync(dir, { recursive: true });
    const args = argumentsOf(set, { POD_NAME: pod, POD_IP: '127.0.0.1' });
    const own = [`--controller=${controller.ready.controller}`, `--dir=${dir}`, `--socket-dir=${join(dir, 'sockets')}`];
    const ports = ['--listen=127.0.0.1', '--base-port=0', '--http-port=0'];
    const main = join(root, 'storage-node/dist/main.js');
    const child = spawn(process.execPath, [main, ...args, ...own, ...ports], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(child.stdout).once('line', () => kubernetes.settle(pod));
    const ended = new Promise((resolve) => child.once('close', resolve)).then(() => {
      if (this.#pods.get(pod)?.process !== child) return;
      if (kubernetes.isBeingDeleted(pod)) {
        this.#pods.delete(pod);
        kubernetes.finishDeletion(pod);
      } else this.#launch(pod, set);
    });
    this.#pods.set(pod, { process: child, ended });
  }
}

/** The StatefulSets of the chart, with nodes of a size for a test. */
function manifests(): V1StatefulSet[] {
  const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  const [dram] = values.nodes;
  const nodes = [{ ...dram, shards: 1, dram: '64MiB', ssd: '64MiB', maxNodes: 3 }];
  const object = { ...values.object, uri: `file:${join(folder, 'objects')}` };
  return parseAllDocuments(renderChart(chart, 'satchel', kubernetes.namespace, { nodes, object }))
    .map((document) => document.toJS() as V1StatefulSet)
    .filter(({ kind }) => kind === 'StatefulSet');
}

/** The arguments of the container of a StatefulSet's pods, with the environment in its place. */
function argumentsOf(set: V1StatefulSet | undefined, environment: Record<string, string>): string[] {
  const container = set?.spec?.template.spec?.containers[0];
  const values = Object.entries(environment);
  return (container?.args ?? []).map((text) =>
    values.reduce((result, [name, value]) => result.replace(`$(${name})`, value), text),
  );
}

function kubeconfig(): string {
  const file = join(folder, 'kubeconfig');
  const cluster = { server: kubernetes.url, 'insecure-skip-tls-verify': true };
  const config = {
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'controller', user: { token: 'secret' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'controller' } }],
    'current-context': 'fake',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function nodes(): Promise<Record<string, string>> {
  const { nodes: listed } = await channel.call(channel.fleet, channel.fleet.listNodes, {});
  return Object.fromEntries(listed.map(({ node, state }) => [node, state]));
}

async function register(name: string, capacityBytes: number) {
  const job = await channel.call(channel.jobs, channel.jobs.registerJob, { name, leaseSeconds: 60, hints: { capacityBytes } });
  const store = connect(job.url);
  stores.push(store);
  return { ...job, store };
}

test('a fleet of pods grows with its jobs, and shrinks by the pod that holds none', { timeout: 60_000 }, async () => {
  const seen = (expected: Record<string, string>) => expect.poll(nodes, { timeout: 20_000 }).toEqual(expected);
  await seen({ 'satchel-dram-0': 'up' });
  const lasting = await register('lasting', 16 * MiB);
  await lasting.store.put('key', Buffer.from('value'));
  const large = await register('large', 60 * MiB);
  await large.store.put('at-once', Buffer.from('stored'));
  await seen({ 'satchel-dram-0': 'up', 'satchel-dram-1': 'up' });
  expect(kubernetes.replicas('satchel-dram')).toBe(2);
  expect((await large.store.get('at-once'))?.toString()).toBe('stored');

  await channel.call(channel.jobs, channel.jobs.endJob, { job: large.job });
  await seen({ 'satchel-dram-0': 'up' });
  await expect.poll(() => kubernetes.podNames(), { timeout: 20_000 }).toEqual(['satchel-dram-0']);
  expect(kubernetes.replicas('satchel-dram')).toBe(1);
  expect(kubelet.started).toEqual(['satchel-dram-0', 'satchel-dram-1']);
  expect((await lasting.store.get('key'))?.toString()).toBe('value');
});
