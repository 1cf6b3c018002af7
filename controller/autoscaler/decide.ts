import type { Figure } from '../model.js';
import {
  type Amounts,
  combine,
  type Dimension,
  dimensions,
  fullest,
  greater,
  noAmounts,
  sumAmounts,
  timesAmounts,
  utilisation,
} from './amounts.js';
import { cheapestShapes } from './cheapest-shapes.js';
import { describeLoad, figuresOf, percent } from './figures.js';
import type { AutoscalePolicy } from './policy.js';
import { capacityOf, type FleetLoad, type FleetSnapshot, loadOf, type NodeLoad, takenOf } from './snapshot.js';

/** What is to be done, with what led to it. */
export type ScaleAction = (
  | { readonly kind: 'start'; readonly shape: string; readonly count: number }
  | { readonly kind: 'drain'; readonly node: string }
  | { readonly kind: 'undrain'; readonly node: string }
  /** More was wanted than there may be. Said once until it is over. */
  | { readonly kind: 'limit' }
) & { readonly figures: readonly Figure[]; readonly because: string };

/** The most that was taken, dimension by dimension, since `sinceMs`, and in the linger time before. */
export interface Lately {
  readonly sinceMs: number;
  readonly taken: Amounts;
  readonly before: Amounts;
}

/** What one decision hands to the next. */
export interface ScaleMemory {
  /** Since when utilisation has been under the band; undefined: it is not. */
  readonly lowSinceMs: number | undefined;
  /** The most that was lately taken. */
  readonly lately: Lately;
  readonly startedMs: number;
  readonly drainedMs: number;
  readonly limited: boolean;
}

export const freshMemory: ScaleMemory = {
  lowSinceMs: undefined,
  lately: { sinceMs: Number.NEGATIVE_INFINITY, taken: noAmounts, before: noAmounts },
  startedMs: Number.NEGATIVE_INFINITY,
  drainedMs: Number.NEGATIVE_INFINITY,
  limited: false,
};

export interface ScaleDecision {
  readonly actions: readonly ScaleAction[];
  readonly memory: ScaleMemory;
}

/**
 * Whether the fleet grows or shrinks, by what, and why. Pure.
 * - Fewer nodes than the least, or utilisation above the band: nodes that drain are taken back, then the cheapest are started that bring it to the target.
 * - Under the band for the linger time: the node that is cheapest to let go is drained, if the rest then stays in the band with the most that was
 *   lately taken.
 */
export function decide(snapshot: FleetSnapshot, policy: AutoscalePolicy, before: ScaleMemory, nowMs: number): ScaleDecision {
  const load = loadOf(snapshot, policy.reservedParts);
  const peak = fullest(load.parts);
  const serving = snapshot.nodes.filter(({ draining }) => draining === undefined);
  const lacking = policy.least - serving.length - snapshot.starting.length;
  const low = peak.part < policy.low && lacking <= 0;
  const memory = {
    ...before,
    lowSinceMs: low ? (before.lowSinceMs ?? nowMs) : undefined,
    lately: latelyAfter(before.lately, load.taken, nowMs, policy.lingerMs),
  };
  const context: Context = { snapshot, policy, load, serving, nowMs };
  if (lacking > 0 || peak.part > policy.high) return grow(context, Math.max(0, lacking), memory);
  const shrunk = low ? shrink(context, memory) : undefined;
  return shrunk ?? { actions: [], memory: { ...memory, limited: false } };
}

/** Whether a decision would look for a node to drain; only then it has to know which may go. */
export function mayShrink(snapshot: FleetSnapshot, policy: AutoscalePolicy, before: ScaleMemory, nowMs: number): boolean {
  return fullest(loadOf(snapshot, policy.reservedParts).parts).part < policy.low && isQuiet(snapshot, policy, before, nowMs);
}

function latelyAfter({ sinceMs, taken, before }: Lately, now: Amounts, nowMs: number, lingerMs: number): Lately {
  if (nowMs - sinceMs < lingerMs) return { sinceMs, taken: greater(taken, now), before };
  return { sinceMs: nowMs, taken: now, before: taken };
}

/** Long enough under the band, and nothing on its way. */
function isQuiet(snapshot: FleetSnapshot, policy: AutoscalePolicy, memory: ScaleMemory, nowMs: number): boolean {
  return quietMs(memory, nowMs) >= policy.lingerMs && snapshot.starting.length === 0 && snapshot.jobsMissing === 0;
}

const quietMs = ({ lowSinceMs, startedMs, drainedMs }: ScaleMemory, nowMs: number): number =>
  nowMs - Math.max(lowSinceMs ?? nowMs, startedMs, drainedMs);

interface Context {
  readonly snapshot: FleetSnapshot;
  readonly policy: AutoscalePolicy;
  readonly load: FleetLoad;
  readonly serving: readonly NodeLoad[];
  readonly nowMs: number;
}

/** What led to an action; only looked at if there is one. */
const figures = ({ snapshot, load }: Context): Figure[] => figuresOf(snapshot, load);

function grow(context: Context, lacking: number, memory: ScaleMemory): ScaleDecision {
  const { policy, load, nowMs } = context;
  const claimed = fullest(utilisation(load.claimed, load.capacity));
  // What is observed follows nodes that were just started only after a while; what is reserved is true at once.
  if (lacking === 0 && claimed.part <= policy.high && nowMs - memory.startedMs < policy.settleMs) return { actions: [], memory };
  const back = takeBack(context, lacking);
  const rest = lacking - back.nodes.length;
  const over = exceeded(policy, back.taken, back.capacity);
  const undrains = back.nodes.map((node): ScaleAction => {
    const because = `${whyGrow(context, lacking)}; it is there already and jobs still hold it`;
    return { kind: 'undrain', node: node.node, figures: figures(context), because };
  });
  if (rest <= 0 && over.length === 0) return { actions: undrains, memory: { ...memory, startedMs: nowMs, limited: false } };
  const starts = startsFor(context, lacking, rest, neededOf(policy, back.taken, back.capacity, over));
  const acted = starts.length + undrains.length > 0;
  if (starts.length > 0) return { actions: [...undrains, ...starts], memory: { ...memory, startedMs: nowMs, limited: false } };
  const limit: ScaleAction[] = memory.limited
    ? []
    : [{ kind: 'limit', figures: figures(context), because: whyLimited(context, lacking) }];
  return { actions: [...undrains, ...limit], memory: { ...memory, limited: true, ...(acted && { startedMs: nowMs }) } };
}

/** Dimensions of which more is taken than the band allows. */
function exceeded(policy: AutoscalePolicy, taken: Amounts, capacity: Amounts): Dimension[] {
  const parts = utilisation(taken, capacity);
  return dimensions.filter((dimension) => parts[dimension] > policy.high);
}

/** Capacity to add so that what is over the band comes to the target. */
function neededOf(policy: AutoscalePolicy, taken: Amounts, capacity: Amounts, over: readonly Dimension[]): Amounts {
  const wanted = combine(timesAmounts(taken, 1 / policy.target), capacity, (a, b) => Math.max(0, a - b));
  const only = (dimension: Dimension) => (over.includes(dimension) ? wanted[dimension] : 0);
  return { cpu: only('cpu'), network: only('network'), dram: only('dram'), ssd: only('ssd') };
}

/** Draining nodes to take back, the fullest first: they are the furthest from leaving. */
function takeBack({ snapshot, policy, load }: Context, lacking: number) {
  const returnable = snapshot.nodes.filter(({ draining }) => draining?.returnable === true).sort((a, b) => b.jobs - a.jobs);
  let { taken, capacity } = load;
  const nodes: NodeLoad[] = [];
  for (const node of returnable) {
    if (nodes.length >= lacking && exceeded(policy, taken, capacity).length === 0) break;
    nodes.push(node);
    taken = combine(taken, takenOf(node, policy.reservedParts), (a, b) => a + b);
    capacity = combine(capacity, node.capacity, (a, b) => a + b);
  }
  return { nodes, taken, capacity };
}

function startsFor(context: Context, lacking: number, rest: number, needed: Amounts): ScaleAction[] {
  const { snapshot, policy, load } = context;
  const held = [...snapshot.held.values()].reduce((sum, count) => sum + count, 0);
  const others = snapshot.nodes.filter(({ shape }) => shape === undefined).length;
  const fleet = context.serving.length + snapshot.starting.length;
  const step = Math.max(policy.stepLeast, Math.ceil(fleet * policy.stepOut), rest);
  const most = Math.min(step, policy.most - held - others);
  const rooms = snapshot.shapes.map((shape) => ({ shape, room: shape.most - (snapshot.held.get(shape.name) ?? 0) }));
  const cheapest = rooms.filter(({ room }) => room > 0).sort((a, b) => a.shape.dollarsPerHour - b.shape.dollarsPerHour)[0];
  const plan = cheapestShapes(needed, rooms, Math.max(0, most));
  const planned = plan.reduce((sum, { count }) => sum + count, 0);
  // The least number of nodes is met by the cheapest there are.
  const extra = Math.min(Math.max(0, rest - planned), Math.max(0, most - planned));
  if (extra > 0 && cheapest !== undefined) plan.push({ shape: cheapest.shape, count: Math.min(extra, cheapest.room) });
  const brought = sumAmounts([load.capacity, ...plan.map(({ shape, count }) => timesAmounts(capacityOf(shape), count))]);
  const after = utilisation(load.taken, brought);
  return plan.map(({ shape, count }): ScaleAction => {
    const because = `${whyGrow(context, lacking)}; ${count} of ${shape.name} bring the fullest to ${percent(fullest(after).part)}`;
    return { kind: 'start', shape: shape.name, count, figures: figures(context), because };
  });
}

function shrink(context: Context, memory: ScaleMemory): ScaleDecision | undefined {
  const { snapshot, policy, serving, nowMs } = context;
  if (!isQuiet(snapshot, policy, memory, nowMs)) return undefined;
  const step = Math.max(1, Math.floor(serving.length * policy.stepIn));
  const drains: ScaleAction[] = [];
  const blocked = new Set<string | undefined>();
  const taken = greater(memory.lately.taken, memory.lately.before);
  let { capacity } = context.load;
  for (const name of snapshot.removable) {
    const node = serving.find((other) => other.node === name);
    if (node === undefined || blocked.has(node.shape)) continue;
    if (drains.length >= step || serving.length - drains.length <= policy.least) break;
    const without = combine(capacity, node.capacity, (a, b) => a - b);
    const after = fullest(utilisation(taken, without));
    if (after.part > (drains.length === 0 ? policy.afterDrain : policy.target)) {
      blocked.add(node.shape);
      continue;
    }
    capacity = without;
    const because = `${describeLoad(context.load)}, under ${percent(policy.low)} for ${Math.round(quietMs(memory, nowMs) / 1000)} s; without it ${percent(after.part)} of ${after.dimension}`;
    drains.push({ kind: 'drain', node: name, figures: [...figures(context), ...nodeFigures(node)], because });
  }
  if (drains.length === 0) return undefined;
  return { actions: drains, memory: { ...memory, lately: freshMemory.lately, drainedMs: nowMs, limited: false } };
}

const nodeFigures = ({ jobs, used }: NodeLoad): Figure[] => [
  { name: 'nodeJobs', value: jobs },
  { name: 'nodeBytes', value: used.dram + used.ssd },
];

function whyGrow({ snapshot, policy, load, serving }: Context, lacking: number): string {
  if (lacking > 0) return `${serving.length + snapshot.starting.length} nodes, the least is ${policy.least}`;
  const missing = snapshot.jobsMissing > 0 ? `, with what ${jobsText(snapshot.jobsMissing)}` : '';
  return `${describeLoad(load)}${missing}, above ${percent(policy.high)}`;
}

function whyLimited(context: Context, lacking: number): string {
  const { snapshot, policy } = context;
  const held = [...snapshot.held.values()].reduce((sum, count) => sum + count, 0);
  const why = held >= policy.most ? `there are ${held} nodes, which is the most` : 'the provider has no node that would help';
  return `${whyGrow(context, lacking)}; ${why}`;
}

const jobsText = (count: number): string => (count === 1 ? 'a job lacks' : `${count} jobs lack`);
