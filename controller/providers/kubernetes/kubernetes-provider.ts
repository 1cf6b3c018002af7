import { assert, type Clock, SatchelError } from '@satchel/proto/core';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { NodeProvider, NodeShape, ProvidedNode } from '../node-provider.js';
import { type KubernetesApi, type PodCache, ScaleConflict } from './kubernetes-api.js';
import { nodeOf, ordinalOf, podNames, shapeOf } from './stateful-shape.js';

/** How often a scale that others change at the same time is read and set anew. */
const scaleAttempts = 6;

/**
 * Scales StatefulSets, each a shape of its own. A StatefulSet takes the pod with the highest number away: only that one may be drained,
 * and only once its node has left does the scale go down, checked against changes by others.
 */
export class KubernetesProvider implements NodeProvider {
  readonly kind = 'kubernetes';
  readonly shapes: readonly NodeShape[];
  readonly #api: KubernetesApi;
  readonly #pods: PodCache;
  readonly #firstOrdinals: ReadonlyMap<string, number>;

  /** Reads the StatefulSets there are. Throws `invalid-argument` if there is none or one cannot be understood. */
  static async open(api: KubernetesApi, clock: Clock, log: Logger): Promise<KubernetesProvider> {
    const sets = await api.statefulSets();
    if (sets.length === 0) {
      throw new SatchelError('invalid-argument', 'no StatefulSet matches; check namespace and selector, or install the chart');
    }
    const shapes = sets.map(shapeOf);
    const firstOrdinals = new Map(sets.map(({ metadata, spec }) => [metadata?.name ?? '', spec?.ordinals?.start ?? 0]));
    return new KubernetesProvider(api, await api.watchPods(clock, log), shapes, firstOrdinals);
  }

  private constructor(
    api: KubernetesApi,
    pods: PodCache,
    shapes: readonly NodeShape[],
    firstOrdinals: ReadonlyMap<string, number>,
  ) {
    this.#api = api;
    this.#pods = pods;
    this.shapes = shapes;
    this.#firstOrdinals = firstOrdinals;
  }

  async nodes(): Promise<readonly ProvidedNode[]> {
    return this.#pods.pods().flatMap((pod) => nodeOf(pod) ?? []);
  }

  async start(shape: string, count: number): Promise<readonly string[]> {
    const { most } = this.#shape(shape);
    return this.#rescale(shape, (replicas) => {
      if (replicas + count > most) {
        const advice = 'raise its annotation satchel.dev/max-nodes';
        throw new SatchelError(
          'unavailable',
          `StatefulSet ${shape} has ${replicas} replicas; ${count} more would exceed its limit of ${most}; ${advice}`,
        );
      }
      return { replicas: replicas + count, result: podNames(shape, this.#firstOrdinal(shape) + replicas, count) };
    });
  }

  async removable(nodes: readonly string[]): Promise<readonly string[]> {
    const candidates = new Set(nodes);
    const removable: string[] = [];
    for (const { name } of this.shapes) {
      const scale = await this.#api.scale(name);
      const first = this.#firstOrdinal(name);
      let last = first + (scale.spec?.replicas ?? 0) - 1;
      for (; last >= first && candidates.has(`${name}-${last}`); last--) removable.push(`${name}-${last}`);
    }
    return removable;
  }

  async remove(node: string): Promise<void> {
    const shape = this.shapes.find(({ name }) => ordinalOf(node, name) >= 0)?.name;
    if (shape === undefined) return;
    const index = ordinalOf(node, shape) - this.#firstOrdinal(shape);
    await this.#rescale(shape, (replicas) => {
      if (index >= replicas) return { replicas, result: undefined };
      if (index < replicas - 1) {
        const last = podNames(shape, this.#firstOrdinal(shape) + replicas - 1, 1)[0];
        throw new SatchelError('unavailable', `pod ${node} cannot be taken away before ${last}, the last of its StatefulSet`);
      }
      return { replicas: index, result: undefined };
    });
  }

  close(): Promise<void> {
    return this.#pods.close();
  }

  /** Reads, decides and sets the replicas, again if others changed them meanwhile. */
  async #rescale<Result>(
    shape: string,
    decide: (replicas: number) => { readonly replicas: number; readonly result: Result },
  ): Promise<Result> {
    const attempt = async () => {
      const scale = await this.#api.scale(shape);
      const before = scale.spec?.replicas ?? 0;
      const { replicas, result } = decide(before);
      if (replicas !== before) await this.#api.setReplicas(scale, replicas);
      return result;
    };
    const options = { retries: scaleAttempts - 1, minTimeout: 20, factor: 2, randomize: true };
    const shouldRetry = ({ error }: { error: Error }) => error instanceof ScaleConflict;
    return pRetry(attempt, { ...options, shouldRetry }).catch((thrown: unknown) => {
      throw thrown instanceof ScaleConflict ? new SatchelError('unavailable', thrown.message, { cause: thrown }) : thrown;
    });
  }

  #shape(name: string): NodeShape {
    const shape = this.shapes.find((candidate) => candidate.name === name);
    assert(shape !== undefined, `'${name}' is a shape of this provider`);
    return shape;
  }

  #firstOrdinal(shape: string): number {
    return this.#firstOrdinals.get(shape) ?? 0;
  }
}
