import { SatchelError } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import type { Jobs } from '../jobs.js';
import type { Fleet } from '../nodes.js';
import type { NodeProvider, ProvidedNode } from '../providers/node-provider.js';
import { Advisor } from './advisor.js';
import { Arrivals, type Movements } from './arrivals.js';
import { backOffMs } from './back-off.js';
import { decide, freshMemory, mayShrink, type ScaleAction, type ScaleMemory } from './decide.js';
import { cheapestToLetGo, FleetObserver } from './fleet-observer.js';
import { isShorter } from './missing.js';
import type { AutoscalePolicy } from './policy.js';
import { type FleetLoad, type FleetSnapshot, loadOf, type NodeLoad } from './snapshot.js';

/** Jobs that are short of something may register by the thousand: looks are so far apart at least. */
const leastRestMs = 50;
/** A provider that has not answered by then has failed. */
const providerTimeoutMs = 30_000;

export interface AutoscalerParts {
  readonly environment: Environment;
  readonly fleet: Fleet;
  readonly jobs: Jobs;
  readonly provider: NodeProvider;
  readonly decisions: DecisionLog;
  readonly policy: AutoscalePolicy;
}

/** Keeps the fleet at its size: observes, decides, and has the provider start and remove nodes. Each decision is recorded. */
export class Autoscaler {
  readonly #parts: AutoscalerParts;
  readonly #observer: FleetObserver;
  readonly #arrivals: Arrivals;
  readonly #advisor: Advisor;
  #memory: ScaleMemory = freshMemory;
  #state: 'waiting' | 'running' | 'closed' = 'waiting';
  #again = false;
  #cancel: () => void;
  #failures = 0;
  #notBeforeMs = 0;
  /** Nodes in a row that were started and did not run. */
  #failedStarts = 0;
  #noStartBeforeMs = 0;
  #load: FleetLoad | undefined;
  #jobsMissing = 0;
  #lookedMs = 0;

  /** Begins at once; the provider stays the caller's. */
  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
    const { fleet, jobs, policy, decisions, environment } = parts;
    this.#observer = new FleetObserver(fleet, jobs, policy.smoothingMs);
    this.#arrivals = new Arrivals(policy.startTimeoutMs);
    this.#advisor = new Advisor(decisions, environment.clock);
    jobs.table.watch((before, after) => {
      if (isShorter(before, after)) this.wake();
    });
    this.#cancel = environment.clock.after(0, this.#run);
  }

  /** What was last observed of the fleet; undefined before the first look. */
  get load(): FleetLoad | undefined {
    return this.#load;
  }

  /** Jobs that have less than they were to get, and nodes on their way. */
  get waiting(): { readonly jobs: number; readonly nodes: number } {
    return { jobs: this.#jobsMissing, nodes: this.#arrivals.expected.length };
  }

  /** Looks at the fleet now instead of at the next tick, or as soon after the last look as may be. */
  wake(): void {
    if (this.#state === 'running') this.#again = true;
    if (this.#state === 'waiting') this.#schedule(0);
  }

  /** Ends the loop; what was asked of the provider goes on. Idempotent. */
  close(): void {
    this.#state = 'closed';
    this.#cancel();
  }

  readonly #run = (): void => {
    if (this.#state !== 'waiting') return;
    this.#state = 'running';
    this.#again = false;
    this.#lookedMs = this.#parts.environment.clock.now();
    void this.#look().finally(() => {
      if (this.#state === 'closed') return;
      this.#state = 'waiting';
      this.#schedule(this.#again ? 0 : this.#parts.policy.tickMs);
    });
  };

  #schedule(delayMs: number): void {
    const { clock } = this.#parts.environment;
    const restMs = Math.max(0, this.#lookedMs + leastRestMs - clock.now());
    this.#cancel();
    this.#cancel = clock.after(Math.max(delayMs, restMs), this.#run);
  }

  async #look(): Promise<void> {
    const { environment, provider } = this.#parts;
    if (environment.clock.now() < this.#notBeforeMs) return;
    try {
      const provided = await this.#bounded(provider.nodes());
      await this.#follow(provided);
      await this.#scale(provided);
      this.#failures = 0;
    } catch (error) {
      this.#failed(SatchelError.from(error));
    }
  }

  async #scale(provided: readonly ProvidedNode[]): Promise<void> {
    const { provider, policy, environment } = this.#parts;
    const loads = this.#observer.loads(provided);
    const starting = [...this.#arrivals.expected, ...returning(provided, loads, this.#arrivals)];
    const held = this.#arrivals.held(provided);
    const seen = this.#observer.snapshot({ loads, starting, held, removable: [], shapes: provider.shapes });
    this.#load = loadOf(seen);
    this.#jobsMissing = seen.jobsMissing;
    if (provider.shapes.length === 0) {
      this.#advise(seen);
      return;
    }
    const nowMs = environment.clock.now();
    // Which nodes may go is asked for only when one is to go: some providers have to ask others.
    const shrinks = mayShrink(seen, policy, this.#memory, nowMs);
    const mine = shrinks ? cheapestToLetGo(loads.filter(({ shape }) => shape !== undefined)) : [];
    const removable = mine.length === 0 ? [] : await this.#bounded(provider.removable(mine));
    const { actions, memory } = decide({ ...seen, removable }, policy, this.#memory, nowMs);
    this.#memory = memory;
    for (const action of actions) await this.#act(action);
  }

  /** Without a provider nothing is done; what would be is said. */
  #advise(snapshot: FleetSnapshot): void {
    const { policy, environment } = this.#parts;
    this.#memory = this.#advisor.advise(snapshot, policy, this.#memory, environment.clock.now());
  }

  async #act(action: ScaleAction): Promise<void> {
    const { jobs, provider, decisions, environment } = this.#parts;
    const { kind, figures, because } = action;
    if (kind === 'limit') decisions.record({ kind, subject: 'fleet', figures, because });
    else if (kind === 'drain') {
      decisions.record({ kind, subject: action.node, figures, because });
      await jobs.drainNode(action.node, 'autoscaler');
    } else if (kind === 'undrain') {
      if (await jobs.takeBackNode(action.node)) decisions.record({ kind, subject: action.node, figures, because });
    } else if (environment.clock.now() >= this.#noStartBeforeMs) {
      const { shape, count } = action;
      decisions.record({ kind, subject: shape, figures: [{ name: 'count', value: count }, ...figures], because });
      this.#arrivals.asked(await this.#bounded(provider.start(shape, count)), shape, environment.clock.now());
    }
  }

  /** Notes who has come, and has taken away who is gone. */
  async #follow(provided: readonly ProvidedNode[]): Promise<void> {
    const { fleet, jobs, provider, decisions, environment } = this.#parts;
    const membership = (node: string) => {
      const connection = fleet.node(node)?.connection;
      return { member: connection !== undefined && connection.kind !== 'joining', needed: jobs.table.needs(node) };
    };
    const { joined, late, gone } = this.#arrivals.compare(provided, membership, environment.clock.now());
    if (joined.length > 0) this.#failedStarts = 0;
    for (const { node, tookMs } of joined) {
      const figures = [{ name: 'tookMs', value: Math.round(tookMs) }];
      decisions.record({ kind: 'joined', subject: node, figures, because: 'the node that was started takes part' });
    }
    for (const node of late) {
      const because = 'it has not joined in time and is not counted on any more';
      decisions.record({ kind: 'late', subject: node, figures: [], because });
    }
    await this.#takeAway(gone, provider);
  }

  async #takeAway(gone: Movements['gone'], provider: NodeProvider): Promise<void> {
    if (gone.length === 0) return;
    const order = await this.#bounded(provider.removable(gone.map(({ node }) => node)));
    for (const name of order) {
      const failed = gone.find(({ node }) => node === name)?.failed === true;
      await this.#bounded(provider.remove(name));
      if (failed) this.#startFailed();
      const because = failed ? 'it does not run, and no job has data on it' : 'it was drained and has left';
      const figures = failed ? [{ name: 'failures', value: this.#failedStarts }] : [];
      this.#parts.decisions.record({ kind: 'remove', subject: name, figures, because });
    }
  }

  /** Whatever keeps one node from running may keep the next. */
  #startFailed(): void {
    this.#failedStarts++;
    this.#noStartBeforeMs = this.#parts.environment.clock.now() + backOffMs(this.#failedStarts);
  }

  #failed(error: SatchelError): void {
    const { provider, decisions, environment } = this.#parts;
    this.#failures++;
    const waitMs = backOffMs(this.#failures);
    this.#notBeforeMs = environment.clock.now() + waitMs;
    const figures = [
      { name: 'failures', value: this.#failures },
      { name: 'retryMs', value: waitMs },
    ];
    decisions.record({ kind: 'failed', subject: provider.kind, figures, because: error.message });
    environment.log.warn({ err: error, provider: provider.kind, retryMs: waitMs }, 'the fleet could not be changed');
  }

  #bounded<Result>(work: Promise<Result>): Promise<Result> {
    const { environment, provider } = this.#parts;
    return new Promise((resolve, reject) => {
      const late = () => reject(new SatchelError('unavailable', `the ${provider.kind} provider has not answered for 30 s`));
      const cancel = environment.clock.after(providerTimeoutMs, late);
      work.then(resolve, reject).finally(cancel);
    });
  }
}

/** Shapes of nodes that are starting again; the fleet knows them, and that they are down. */
function returning(provided: readonly ProvidedNode[], loads: readonly NodeLoad[], arrivals: Arrivals): string[] {
  const up = new Set(loads.map(({ node }) => node));
  return provided.flatMap(({ node, shape, phase }) =>
    phase === 'starting' && arrivals.knows(node) && !up.has(node) ? shape : [],
  );
}
