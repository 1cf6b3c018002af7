import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  type Informer,
  KubeConfig,
  makeInformer,
  type ObjectCache,
  type V1Pod,
  type V1Scale,
  type V1StatefulSet,
} from '@kubernetes/client-node';
import { type Clock, SatchelError } from '@satchel/proto/core';
import type { Logger } from 'pino';

/** The StatefulSets of one namespace whose labels match, and their pods. */
export interface KubernetesScope {
  readonly namespace: string;
  /** A label selector, such as `app.kubernetes.io/component=storage-node`. */
  readonly selector: string;
}

/** The first wait after the API could not be watched, doubled with each failure in a row. */
const firstRetryMs = 500;
const longestRetryMs = 30_000;

/** What is asked of the Kubernetes API. Failures are SatchelErrors: `permission-denied`, `not-found` or `unavailable`. */
export class KubernetesApi {
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;
  readonly #config: KubeConfig;
  readonly #scope: KubernetesScope;

  /** Access as kubectl has it, or as a pod has: the service account. */
  constructor(scope: KubernetesScope, config: KubeConfig = defaultConfig()) {
    this.#scope = scope;
    this.#config = config;
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  async statefulSets(): Promise<readonly V1StatefulSet[]> {
    const { namespace, selector: labelSelector } = this.#scope;
    const list = await named('list StatefulSets', this.#apps.listNamespacedStatefulSet({ namespace, labelSelector }));
    return list.items;
  }

  scale(name: string): Promise<V1Scale> {
    const { namespace } = this.#scope;
    return named(`read the scale of ${name}`, this.#apps.readNamespacedStatefulSetScale({ name, namespace }));
  }

  /** Sets the replicas. Throws a {@link ScaleConflict} if anybody changed the scale since it was read. */
  async setReplicas(read: V1Scale, replicas: number): Promise<void> {
    const name = read.metadata?.name ?? '';
    const body: V1Scale = { ...read, spec: { ...read.spec, replicas } };
    const { namespace } = this.#scope;
    try {
      await this.#apps.replaceNamespacedStatefulSetScale({ name, namespace, body });
    } catch (thrown) {
      if (thrown instanceof ApiException && thrown.code === 409) throw new ScaleConflict(name);
      throw toError(`scale ${name}`, thrown);
    }
  }

  /** Keeps the pods up to date until closed. Resolves when it has them for the first time. */
  async watchPods(clock: Clock, log: Logger): Promise<PodCache> {
    const { namespace, selector } = this.#scope;
    const list = () => this.#core.listNamespacedPod({ namespace, labelSelector: selector });
    const informer = makeInformer(this.#config, `/api/v1/namespaces/${namespace}/pods`, list, selector);
    const cache = new PodCache(informer, clock, log);
    await cache.start();
    try {
      cache.pods();
      return cache;
    } catch (error) {
      // The first failure is the caller's, later ones are retried.
      await cache.close();
      throw error;
    }
  }
}

/** Somebody else changed the scale of a StatefulSet meanwhile: it is to be read again. */
export class ScaleConflict extends Error {
  constructor(statefulSet: string) {
    super(`the scale of StatefulSet ${statefulSet} was changed by somebody else meanwhile`);
  }
}

/** The pods, as the API last told of them. */
export class PodCache {
  readonly #informer: Informer<V1Pod> & ObjectCache<V1Pod>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #failure: SatchelError | undefined;
  #failures = 0;
  #cancelRetry = () => {};

  constructor(informer: Informer<V1Pod> & ObjectCache<V1Pod>, clock: Clock, log: Logger) {
    this.#informer = informer;
    this.#clock = clock;
    this.#log = log;
    informer.on('error', (thrown: unknown) => this.#failed(thrown));
    for (const event of ['add', 'update', 'delete'] as const) informer.on(event, () => this.#heard());
  }

  async start(): Promise<void> {
    await this.#informer.start();
  }

  /** Throws `unavailable` while the API cannot be watched: what was known may be old. */
  pods(): readonly V1Pod[] {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#informer.list();
  }

  async close(): Promise<void> {
    this.#cancelRetry();
    await this.#informer.stop();
  }

  #failed(thrown: unknown): void {
    this.#failure = toError('watch pods', thrown);
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
    this.#log.warn({ err: thrown, delayMs }, 'pods cannot be watched');
    this.#cancelRetry();
    this.#cancelRetry = this.#clock.after(delayMs, () => void this.#restart());
  }

  /** A start that fails is reported as an error of the informer, and clears nothing. */
  async #restart(): Promise<void> {
    const failures = this.#failures;
    await this.#informer.start();
    if (this.#failures === failures) this.#heard();
  }

  #heard(): void {
    this.#failure = undefined;
    this.#failures = 0;
  }
}

function defaultConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

async function named<Result>(what: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (thrown) {
    throw toError(what, thrown);
  }
}

function toError(what: string, thrown: unknown): SatchelError {
  const status = statusOf(thrown);
  const cause = { cause: thrown };
  if (status === 401 || status === 403) {
    const advice = "give the controller's service account the role of the chart";
    return new SatchelError(
      'permission-denied',
      `the Kubernetes API does not let the controller ${what} (${status}); ${advice}`,
      cause,
    );
  }
  if (status === 404) {
    return new SatchelError('not-found', `the Kubernetes API finds nothing to ${what} (404); check namespace and name`, cause);
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new SatchelError('unavailable', `the Kubernetes API failed to ${what}: ${status ?? why}`, cause);
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof ApiException) return thrown.code;
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
