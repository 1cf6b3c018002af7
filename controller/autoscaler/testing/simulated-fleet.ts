import type { NodeShape } from '../../providers/node-provider.js';
import { type Amounts, noAmounts } from '../amounts.js';
import { decide, freshMemory, type ScaleAction, type ScaleMemory } from '../decide.js';
import type { AutoscalePolicy } from '../policy.js';
import { SmoothedValue } from '../smoothing.js';
import { capacityOf, type FleetSnapshot, type NodeLoad } from '../snapshot.js';

const GiB = 2 ** 30;

export const simulatedShape: NodeShape = {
  name: 'simulated',
  shards: 4,
  dramBytes: 16 * GiB,
  ssdBytes: 100 * GiB,
  throughputBytesPerSecond: 2e9,
  dollarsPerHour: 0.1,
  most: 1000,
};

/** What the whole load wants at a time, in nodes' worth of each dimension. */
export type LoadAt = (nowMs: number) => { readonly reserved: number; readonly cpu: number; readonly network: number };

export interface SimulatedRun {
  readonly actions: readonly (ScaleAction & { readonly atMs: number })[];
  /** Each second: utilisation without smoothing, and serving nodes. */
  readonly samples: readonly { readonly atMs: number; readonly part: number; readonly nodes: number }[];
}

interface SimulatedNode {
  readonly node: string;
  readonly joinsMs: number;
  drainedMs: number | undefined;
}

/** Seconds after which the jobs of a node that is drained have ended. */
const drainMs = 45_000;
const startMs = 30_000;

/**
 * A fleet under a load that spreads evenly over the serving nodes, decided upon each second. Nodes take 30 s to start; what is on a node that
 * drains ends within 45 s.
 */
export function simulate(policy: AutoscalePolicy, load: LoadAt, untilMs: number): SimulatedRun {
  const actions: SimulatedRun['actions'][number][] = [];
  const samples: SimulatedRun['samples'][number][] = [];
  const cpu = new SmoothedValue(policy.smoothingMs);
  const network = new SmoothedValue(policy.smoothingMs);
  let nodes: SimulatedNode[] = [{ node: 'node-1', joinsMs: 0, drainedMs: undefined }];
  let started = 1;
  let memory: ScaleMemory = freshMemory;
  for (let nowMs = 0; nowMs < untilMs; nowMs += 1000) {
    nodes = nodes.filter(({ drainedMs }) => drainedMs === undefined || nowMs < drainedMs + drainMs);
    const serving = nodes.filter(({ joinsMs, drainedMs }) => joinsMs <= nowMs && drainedMs === undefined);
    const wanted = load(nowMs);
    // A node that is full does no more: what is observed never says how much more is wanted.
    cpu.add(Math.min(wanted.cpu, serving.length), nowMs);
    network.add(Math.min(wanted.network, serving.length), nowMs);
    const held = Math.min(wanted.reserved, serving.length);
    const snapshot = snapshotOf(nodes, nowMs, { reserved: held, cpu: cpu.value, network: network.value }, wanted.reserved - held);
    const raw = { ...wanted, reserved: wanted.reserved };
    samples.push({
      atMs: nowMs,
      part: Math.max(raw.reserved, raw.cpu, raw.network) / Math.max(1, serving.length),
      nodes: serving.length,
    });
    const decision = decide(snapshot, policy, memory, nowMs);
    memory = decision.memory;
    for (const action of decision.actions) {
      actions.push({ ...action, atMs: nowMs });
      if (action.kind === 'start') {
        for (let count = 0; count < action.count; count++) {
          nodes.push({ node: `node-${++started}`, joinsMs: nowMs + startMs, drainedMs: undefined });
        }
      } else if (action.kind !== 'limit') {
        const node = nodes.find((other) => other.node === action.node);
        if (node !== undefined) node.drainedMs = action.kind === 'drain' ? nowMs : undefined;
      }
    }
  }
  return { actions, samples };
}

function snapshotOf(
  nodes: readonly SimulatedNode[],
  nowMs: number,
  load: { readonly reserved: number; readonly cpu: number; readonly network: number },
  missing: number,
): FleetSnapshot {
  const capacity = capacityOf(simulatedShape);
  const joined = nodes.filter(({ joinsMs }) => joinsMs <= nowMs);
  const serving = Math.max(1, joined.filter(({ drainedMs }) => drainedMs === undefined).length);
  const amounts = (parts: Partial<Amounts>): Amounts => ({
    cpu: ((parts.cpu ?? 0) * capacity.cpu) / serving,
    network: ((parts.network ?? 0) * capacity.network) / serving,
    dram: ((parts.dram ?? 0) * capacity.dram) / serving,
    ssd: 0,
  });
  const used = amounts({ cpu: load.cpu, network: load.network });
  const reserved = amounts({ dram: load.reserved });
  const loads = joined.map(
    ({ node, drainedMs }): NodeLoad => ({
      node,
      shape: simulatedShape.name,
      capacity,
      used: drainedMs === undefined ? used : noAmounts,
      reserved: drainedMs === undefined ? reserved : noAmounts,
      jobs: 1,
      draining: drainedMs === undefined ? undefined : { returnable: true },
    }),
  );
  return {
    nodes: loads,
    starting: nodes.filter(({ joinsMs }) => joinsMs > nowMs).map(() => simulatedShape.name),
    held: new Map([[simulatedShape.name, nodes.length]]),
    missing: { ...noAmounts, dram: missing * capacity.dram },
    jobsMissing: missing > 0 ? 1 : 0,
    removable: loads.map(({ node }) => node).reverse(),
    shapes: [simulatedShape],
  };
}

/** A generator of numbers from 0 to 1 that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
