import type { Clock } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { NodeShape } from '../providers/node-provider.js';
import { decide, mayShrink, type ScaleAction, type ScaleMemory } from './decide.js';
import { cheapestToLetGo } from './fleet-observer.js';
import type { AutoscalePolicy } from './policy.js';
import type { FleetSnapshot } from './snapshot.js';

/** The same advice is not given again before. */
const repeatMs = 3600_000;

/** For a fleet that nobody scales automatically: says what would be done with nodes like those there are. Changes nothing. */
export class Advisor {
  readonly #decisions: DecisionLog;
  readonly #clock: Clock;
  #last: { readonly text: string; readonly atMs: number } | undefined;

  constructor(decisions: DecisionLog, clock: Clock) {
    this.#decisions = decisions;
    this.#clock = clock;
  }

  /** Records advice that is new; returns what the next decision remembers. */
  advise(snapshot: FleetSnapshot, policy: AutoscalePolicy, before: ScaleMemory, nowMs: number): ScaleMemory {
    const shape = likeThoseThere(snapshot);
    if (shape === undefined) return before;
    const nodes = snapshot.nodes.map((node) => ({ ...node, shape: shape.name }));
    const unbound = { ...policy, least: 0, most: Number.MAX_SAFE_INTEGER };
    const removable = mayShrink(snapshot, unbound, before, nowMs) ? cheapestToLetGo(nodes) : [];
    const whole = { ...snapshot, nodes, shapes: [shape], removable };
    const { actions, memory } = decide(whole, unbound, before, nowMs);
    for (const action of actions) this.#say(action);
    return memory;
  }

  #say(action: ScaleAction): void {
    const what = adviceOf(action);
    const nowMs = this.#clock.now();
    if (what === undefined || (this.#last?.text === what && nowMs - this.#last.atMs < repeatMs)) return;
    this.#last = { text: what, atMs: nowMs };
    const because = `${action.because}; the fleet is static: ${what}`;
    this.#decisions.record({ kind: 'advice', subject: 'fleet', figures: action.figures, because });
  }
}

function adviceOf(action: ScaleAction): string | undefined {
  if (action.kind === 'start') return `start ${action.count} more nodes`;
  if (action.kind === 'drain') return `satchel node drain ${action.node} would save a node`;
  return undefined;
}

/** The largest node there is, as a shape; prices do not matter among nodes of one shape. */
function likeThoseThere({ nodes }: FleetSnapshot): NodeShape | undefined {
  const largest = nodes.toSorted((a, b) => b.capacity.dram - a.capacity.dram)[0];
  if (largest === undefined) return undefined;
  const { cpu, network, dram, ssd } = largest.capacity;
  return {
    name: `nodes like ${largest.node}`,
    shards: cpu,
    dramBytes: dram,
    ssdBytes: ssd,
    throughputBytesPerSecond: network,
    dollarsPerHour: 1,
    most: Number.MAX_SAFE_INTEGER,
  };
}
