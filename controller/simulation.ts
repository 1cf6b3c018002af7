import type { Clock } from '@satchel/proto/core';
import { pino } from 'pino';
import { Autoscaler } from './autoscaler/autoscaler.js';
import { type AutoscalePolicy, completePolicy } from './autoscaler/policy.js';
import { build } from './controller.js';
import { defaultCorrection } from './correction/correct-hints.js';
import { HintCorrector } from './correction/hint-corrector.js';
import { DecisionLog } from './decisions/decision-log.js';
import type { Environment } from './environment.js';
import { lifeTimes } from './fleet/node-life.js';
import type { Jobs } from './jobs.js';
import type { NodeLink } from './node-session.js';
import { NodeStream } from './node-stream.js';
import type { Fleet } from './nodes.js';
import type { NodeProvider } from './providers/node-provider.js';
import type { StateStore } from './state/state-store.js';
import type { Tokens } from './tokens.js';

export type { AutoscalePolicy } from './autoscaler/policy.js';
export type { JobRecord } from './model.js';
export type { NodeLink } from './node-session.js';
export type { NodeStream } from './node-stream.js';
export type { NodeProvider, NodeShape, ProvidedNode } from './providers/node-provider.js';
export { movesBetween, slotsMoved } from './slots/segments.js';
export { type Change, type Collection, type Collections, collections, type StateStore } from './state/state-store.js';
export type { Tokens } from './tokens.js';

/** What a simulation puts in the place of the machine. */
export interface SimulatedWorld {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly tokens: Tokens;
  readonly provider: NodeProvider;
  /** What differs from the default. */
  readonly policy: Partial<AutoscalePolicy>;
  /** How often each node says that it lives, and what changed. */
  readonly heartbeatMs: number;
}

/** A controller without ports: its own classes, to be driven by a simulation. */
export interface SimulatedController {
  readonly fleet: Fleet;
  readonly jobs: Jobs;
  readonly decisions: DecisionLog;
  /** Opens a node's stream. */
  open(link: NodeLink): NodeStream;
  close(): void;
}

/** Puts a controller together as a leader does, on a clock, a store and nodes of the caller's. */
export function simulateController({ clock, store, tokens, provider, policy, heartbeatMs }: SimulatedWorld): SimulatedController {
  const log = pino({ level: 'silent' });
  const environment: Environment = { store, clock, log };
  const record = { format: 1, privateKeyJwk: '', nextShard: 1 };
  const counters = { registered: () => undefined, lapsed: () => undefined };
  const { fleet, jobs } = build(environment, record, tokens, counters, { ...lifeTimes, heartbeatMs: () => heartbeatMs });
  const decisions = new DecisionLog(environment);
  const autoscaler = new Autoscaler({ environment, fleet, jobs, provider, decisions, policy: completePolicy(policy) });
  const corrector = new HintCorrector({ environment, jobs, decisions, policy: defaultCorrection });
  return {
    fleet,
    jobs,
    decisions,
    open: (link) => new NodeStream({ fleet, jobs, tokens, log }, link),
    close: () => {
      corrector.close();
      autoscaler.close();
      fleet.close();
      jobs.close();
    },
  };
}
