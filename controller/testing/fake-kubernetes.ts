import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';

/** A pod as the fake keeps it. */
type Pod = V1Pod & { metadata: NonNullable<V1Pod['metadata']> & { name: string } };

interface Watcher {
  readonly response: ServerResponse;
}

const namespace = 'satchel';
const labels = { 'app.kubernetes.io/component': 'storage-node' };

/**
 * An HTTP server that answers as the Kubernetes API does for StatefulSets, their scale, and the listing and watching of pods: each
 * change has a resource version, a scale set from an older one is a conflict, a watch from before the last compaction is `410 Gone`.
 * Pods it makes are pending until the test lets them run.
 */
export class FakeKubernetes {
  readonly namespace = namespace;
  readonly selector = 'app.kubernetes.io/component=storage-node';
  /** Each request as `METHOD path`, without the query. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #sets = new Map<string, { set: V1StatefulSet; version: number }>();
  readonly #pods = new Map<string, Pod>();
  readonly #watchers = new Set<Watcher>();
  readonly #changes: { version: number; type: string; pod: Pod }[] = [];
  readonly #failures: number[] = [];
  #version = 100;
  #oldestWatchable = 0;
  #beforeScale: (() => void) | undefined;
  /** Told of each pod that is made, and of each whose deletion begins. */
  podAdded: (pod: string, set: V1StatefulSet) => void = () => {};
  podDeleted: (pod: string) => void = () => {};
  #token: string | undefined;

  static async start(): Promise<FakeKubernetes> {
    const fake = new FakeKubernetes();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get watching(): number {
    return this.#watchers.size;
  }

  /** Only requests with this bearer token are answered. */
  requireToken(token: string): void {
    this.#token = token;
  }

  /** Adds a StatefulSet; its pods begin pending. */
  addStatefulSet(name: string, replicas: number, change: (set: V1StatefulSet) => void = () => {}): void {
    const set: V1StatefulSet = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {
        name,
        namespace,
        labels,
        annotations: { 'satchel.dev/dollars-per-hour': '0.4', 'satchel.dev/max-nodes': '5' },
      },
      spec: {
        replicas,
        serviceName: name,
        selector: { matchLabels: labels },
        template: {
          spec: {
            containers: [
              {
                name: 'storage-node',
                args: ['--shards', '2', '--dram=16GiB', '--ssd', '100GiB', '--throughput', '1GiB/s'],
              },
            ],
          },
        },
      },
    };
    change(set);
    this.apply(set);
  }

  /** Adds a StatefulSet as a manifest has it. */
  apply(set: V1StatefulSet): void {
    const name = set.metadata?.name ?? '';
    this.#sets.set(name, { set, version: ++this.#version });
    this.#reconcile(name);
  }

  /** The replicas that a StatefulSet is to have. */
  replicas(name: string): number {
    return this.#sets.get(name)?.set.spec?.replicas ?? 0;
  }

  /** Somebody else scales, as `kubectl scale` does. */
  scale(name: string, replicas: number): void {
    const entry = this.#sets.get(name);
    if (entry?.set.spec === undefined) throw new Error(`no StatefulSet ${name}`);
    entry.set.spec.replicas = replicas;
    entry.version = ++this.#version;
    this.#reconcile(name);
  }

  /** Lets a pod run and be ready; or fail, by the reason why its container waits. */
  settle(pod: string, failure?: string): void {
    const known = this.#pods.get(pod);
    if (known === undefined) throw new Error(`no pod ${pod}`);
    known.status = failure
      ? { phase: 'Pending', containerStatuses: [waitingStatus(failure)] }
      : { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    this.#tell('MODIFIED', known);
  }

  /** A pod that is being deleted is gone. */
  finishDeletion(pod: string): void {
    const known = this.#pods.get(pod);
    if (known === undefined) throw new Error(`no pod ${pod}`);
    this.#pods.delete(pod);
    this.#tell('DELETED', known);
  }

  podNames(): string[] {
    return [...this.#pods.keys()];
  }

  isBeingDeleted(pod: string): boolean {
    return this.#pods.get(pod)?.metadata.deletionTimestamp !== undefined;
  }

  /** Calls back just before the next scale is set, when its caller has read it already. */
  beforeNextScale(callback: () => void): void {
    this.#beforeScale = () => {
      this.#beforeScale = undefined;
      callback();
    };
  }

  /** Calls back just before each scale is set. */
  beforeScales(callback: () => void): void {
    this.#beforeScale = callback;
  }

  /** The next requests are answered with these statuses. */
  failNext(...statuses: number[]): void {
    this.#failures.push(...statuses);
  }

  /** Cuts all watches off. */
  dropWatches(): void {
    for (const { response } of this.#watchers) response.destroy();
    this.#watchers.clear();
  }

  /** Forgets old versions: running watches are told so and end, new ones from before get 410. */
  compact(): void {
    this.#oldestWatchable = ++this.#version;
    for (const { response } of this.#watchers) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(410, 'Expired') })}\n`);
    }
    this.#watchers.clear();
  }

  async close(): Promise<void> {
    this.dropWatches();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const body = await textOf(request);
    if (this.#token !== undefined && request.headers.authorization !== `Bearer ${this.#token}`) return fail(response, 401);
    const failure = this.#failures.shift();
    if (failure !== undefined) return fail(response, failure);
    const apps = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const scaled = /\/statefulsets\/([^/]+)\/scale$/.exec(url.pathname)?.[1];
    if (url.pathname === pods) return url.searchParams.get('watch') ? this.#watch(url, response) : this.#listPods(response);
    if (url.pathname === apps) return json(response, { kind: 'StatefulSetList', apiVersion: 'apps/v1', ...this.#listSets() });
    if (scaled === undefined || !this.#sets.has(scaled)) return fail(response, 404);
    if (request.method === 'GET') return json(response, this.#scaleOf(scaled));
    return this.#setScale(scaled, body, response);
  }

  #listSets() {
    return { metadata: { resourceVersion: String(this.#version) }, items: [...this.#sets.values()].map(({ set }) => set) };
  }

  #listPods(response: ServerResponse): void {
    const metadata = { resourceVersion: String(this.#version) };
    json(response, { kind: 'PodList', apiVersion: 'v1', metadata, items: [...this.#pods.values()] });
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.#oldestWatchable) {
      fail(response, 410);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const { version, type, pod } of this.#changes) if (version > from) response.write(event(type, pod));
    const watcher = { response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #scaleOf(name: string) {
    const entry = this.#sets.get(name);
    const metadata = { name, namespace, resourceVersion: String(entry?.version) };
    return { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata, spec: { replicas: entry?.set.spec?.replicas } };
  }

  #setScale(name: string, body: string, response: ServerResponse): void {
    this.#beforeScale?.();
    const { metadata, spec } = JSON.parse(body) as { metadata: { resourceVersion?: string }; spec: { replicas: number } };
    const current = metadata.resourceVersion === String(this.#sets.get(name)?.version);
    if (current) this.scale(name, spec.replicas);
    json(response, current ? this.#scaleOf(name) : statusBody(409, 'Conflict'), current ? 200 : 409);
  }

  /** Makes the pods that are missing, and begins to delete those that are too many. */
  #reconcile(name: string): void {
    const entry = this.#sets.get(name);
    const first = entry?.set.spec?.ordinals?.start ?? 0;
    const wanted = entry?.set.spec?.replicas ?? 0;
    for (let ordinal = first; ordinal < first + wanted; ordinal++) {
      if (entry !== undefined && !this.#pods.has(`${name}-${ordinal}`)) this.#addPod(entry.set, ordinal);
    }
    for (const pod of this.#pods.values()) {
      const ordinal = Number(pod.metadata.name.slice(name.length + 1));
      const stays = !pod.metadata.name.startsWith(`${name}-`) || ordinal < first + wanted;
      if (stays || pod.metadata.deletionTimestamp !== undefined) continue;
      pod.metadata.deletionTimestamp = new Date(0);
      this.#tell('MODIFIED', pod);
      this.podDeleted(pod.metadata.name);
    }
  }

  #addPod(set: V1StatefulSet, ordinal: number): void {
    const owner = set.metadata?.name ?? '';
    const name = `${owner}-${ordinal}`;
    const reference = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: owner, uid: `${owner}-uid`, controller: true };
    const pod: Pod = { metadata: { name, namespace, labels, ownerReferences: [reference] }, status: { phase: 'Pending' } };
    this.#pods.set(name, pod);
    this.#tell('ADDED', pod);
    this.podAdded(name, set);
  }

  #tell(type: string, pod: Pod): void {
    pod.metadata.resourceVersion = String(++this.#version);
    this.#changes.push({ version: this.#version, type, pod: structuredClone(pod) });
    for (const { response } of this.#watchers) response.write(event(type, pod));
  }
}

function event(type: string, pod: Pod): string {
  return `${JSON.stringify({ type, object: { kind: 'Pod', apiVersion: 'v1', ...pod } })}\n`;
}

function waitingStatus(reason: string) {
  return {
    name: 'storage-node',
    image: 'satchel',
    imageID: '',
    ready: false,
    restartCount: 3,
    state: { waiting: { reason } },
  };
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, status: number): void {
  json(response, statusBody(status, 'Failure'), status);
}

function statusBody(code: number, reason: string) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: `status ${code}` };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
