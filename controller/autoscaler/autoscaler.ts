import { SatchelError } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import type { Jobs } from '../jobs.js';
import type { Fleet } from '../nodes.js';
import type { NodeProvider, ProvidedNode } from '../providers/node-provider.js';
import { Advisor } from './advisor.js';
import { Arrivals } from './arrivals.js';
import { decide, freshMemory, mayShrink, type ScaleAction, type ScaleMemory } from './decide.js';
import { Departures } from './departures.js';
import { cheapestToLetGo, FleetObserver } from './fleet-observer.js';
import { isShorter } from './missing.js';
import type { AutoscalePolicy } from './policy.js';
import { ProviderCalls } from './provider-calls.js';
import { type FleetLoad, type FleetSnapshot, loadOf, type NodeLoad } from './snapshot.js';

/** Jobs that are short of something may register by the thousand: looks are so far apart at least. */
const leastRestMs = 50;

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
  readonly #calls: ProviderCalls;
  readonly #departures: Departures;
  readonly #advisor: Advisor;
  #memory: ScaleMemory = freshMemory;
  #state: 'waiting' | 'running' | 'closed' = 'waiting';
  #again = false;
  #cancel: () => void;
  #load: FleetLoad | undefined;
  #jobsMissing = 0;
  #lookedMs = 0;

  /** Begins at once; the provider stays the caller's. */
  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
    const { fleet, jobs, policy, decisions, environment } = parts;
    this.#observer = new FleetObserver(fleet, jobs, policy.smoothingMs);
    this.#arrivals = new Arrivals(policy.startTimeoutMs);
    this.#calls = new ProviderCalls(environment, parts.provider, decisions);
    this.#departures = new Departures(parts.provider, this.#calls, decisions);
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
    if (!this.#calls.ready('list')) return;
    try {
      const provided = await this.#calls.make('list', () => provider.nodes());
      if (provided === undefined) return;
      this.#calls.succeeded('list');
      this.#follow(provided);
      await this.#scale(provided);
    } catch (error) {
      environment.log.error({ err: error }, 'a decision on the size of the fleet could not be carried out');
    }
  }

  async #scale(provided: readonly ProvidedNode[]): Promise<void> {
    const { provider, policy, environment } = this.#parts;
    const loads = this.#observer.loads(provided);
    const starting = [...this.#arrivals.expected, ...returning(provided, loads, this.#arrivals)];
    const held = this.#arrivals.held(provided);
    const soonMs = environment.clock.now() + this.#arrivals.usualMs;
    const seen = this.#observer.snapshot({ soonMs, loads, starting, held, removable: [], shapes: provider.shapes });
    this.#load = loadOf(seen, policy.reservedParts);
    this.#jobsMissing = seen.jobsMissing;
    if (provider.shapes.length === 0) {
      this.#advise(seen);
      return;
    }
    const nowMs = environment.clock.now();
    // Which nodes may go is asked for only when one is to go: some providers have to ask others.
    const mayGo = loads.length > policy.least && this.#calls.ready('remove');
    const shrinks = mayGo && mayShrink(seen, policy, this.#memory, nowMs);
    const emptyMs = (node: string) => this.#observer.emptyMs(node, nowMs);
    const mine = shrinks
      ? cheapestToLetGo(
          loads.filter(({ shape }) => shape !== undefined),
          emptyMs,
        )
      : [];
    const removable = mine.length === 0 ? [] : await this.#calls.make('remove', () => provider.removable(mine));
    const { actions, memory } = decide({ ...seen, removable: removable ?? [] }, policy, this.#memory, nowMs);
    this.#memory = memory;
    for (const action of actions) await this.#act(action).catch((error: unknown) => this.#failed(action, error));
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
      await jobs.drainNode(action.node, 'autoscaler');
      decisions.record({ kind, subject: action.node, figures, because });
    } else if (kind === 'undrain') {
      if (await jobs.takeBackNode(action.node)) decisions.record({ kind, subject: action.node, figures, because });
    } else if (this.#calls.ready('start')) {
      const { shape, count } = action;
      decisions.record({ kind, subject: shape, figures: [{ name: 'count', value: count }, ...figures], because });
      const decidedMs = environment.clock.now();
      const names = await this.#calls.make('start', () => provider.start(shape, count));
      this.#arrivals.asked(names ?? [], shape, decidedMs);
    }
  }

  /** What could not be written down was not done; it is decided anew when it is due again. */
  #failed(action: ScaleAction, error: unknown): void {
    const { decisions, environment } = this.#parts;
    environment.log.error({ err: error, kind: action.kind }, 'a decision on the size of the fleet could not be carried out');
    const subject = 'node' in action ? action.node : 'fleet';
    const because = `${action.kind} was not carried out: ${SatchelError.from(error).message}`;
    decisions.record({ kind: 'failed', subject, figures: action.figures, because });
  }

  /** Notes who has come, and has taken away who is gone. */
  #follow(provided: readonly ProvidedNode[]): void {
    const { fleet, jobs, decisions, environment } = this.#parts;
    const membership = (node: string) => {
      const connection = fleet.node(node)?.connection;
      return { member: connection !== undefined && connection.kind !== 'joining', needed: jobs.table.needs(node) };
    };
    const { joined, late, gone } = this.#arrivals.compare(provided, membership, environment.clock.now());
    if (joined.length > 0) this.#calls.succeeded('start');
    for (const { node, tookMs } of joined) {
      const figures = [{ name: 'tookMs', value: Math.round(tookMs) }];
      decisions.record({ kind: 'joined', subject: node, figures, because: 'the node that was started takes part' });
    }
    for (const { node, waitedMs } of late) {
      const because = 'it has not joined in time and is not counted on any more';
      const figures = [
        { name: 'waitedMs', value: Math.round(waitedMs) },
        { name: 'startTimeoutMs', value: this.#parts.policy.startTimeoutMs },
      ];
      decisions.record({ kind: 'late', subject: node, figures, because });
    }
    this.#departures.takeAway(gone);
  }
}

/** Shapes of nodes that are starting again; the fleet knows them, and that they are down. */
function returning(provided: readonly ProvidedNode[], loads: readonly NodeLoad[], arrivals: Arrivals): string[] {
  const up = new Set(loads.map(({ node }) => node));
  return provided.flatMap(({ node, shape, phase }) =>
    phase === 'starting' && arrivals.knows(node) && !up.has(node) ? shape : [],
  );
}
