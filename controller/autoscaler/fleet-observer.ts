import { counts } from '../fleet/node-life.js';
import type { Jobs } from '../jobs.js';
import type { NodeRecord } from '../model.js';
import type { Fleet, NodeView } from '../nodes.js';
import type { ProvidedNode } from '../providers/node-provider.js';
import { shardBytesPerSecond } from '../sizing/tier-facts.js';
import { type Amounts, noAmounts } from './amounts.js';
import { missingInAll } from './missing.js';
import { NodeMeter } from './node-meter.js';
import type { FleetSnapshot, NodeLoad } from './snapshot.js';

/** What a snapshot is made of besides what jobs miss. */
export type Picture = Pick<FleetSnapshot, 'starting' | 'held' | 'removable' | 'shapes'> & {
  readonly loads: readonly NodeLoad[];
  /** When a node would come that is started now. */
  readonly soonMs: number;
};

/** Reads fleet and jobs into what a decision goes by; remembers of each node what smoothing needs. */
export class FleetObserver {
  readonly #fleet: Fleet;
  readonly #jobs: Jobs;
  readonly #smoothingMs: number;
  #meters = new Map<string, NodeMeter>();

  constructor(fleet: Fleet, jobs: Jobs, smoothingMs: number) {
    this.#fleet = fleet;
    this.#jobs = jobs;
    this.#smoothingMs = smoothingMs;
  }

  /** Nodes that are up, with what they hold and use. To be called once per heartbeat or so. */
  loads(provided: readonly ProvidedNode[]): NodeLoad[] {
    const shapes = new Map(provided.map(({ node, shape }) => [node, shape]));
    const meters = new Map<string, NodeMeter>();
    const loads: NodeLoad[] = [];
    for (const view of this.#fleet.nodes()) {
      if (!counts(view.connection)) continue;
      const { node } = view.record;
      const meter = this.#meters.get(node) ?? new NodeMeter(this.#smoothingMs);
      if (view.usage !== undefined) meter.read(view.usage, view.lastHeardMs);
      meters.set(node, meter);
      loads.push(this.#loadOf(view, meter, shapes.get(node)));
    }
    this.#meters = meters;
    return loads;
  }

  /** The whole picture, with what is missing to jobs. */
  snapshot({ loads, soonMs, ...rest }: Picture): FleetSnapshot {
    const { amounts: missing, jobs: jobsMissing } = missingInAll(this.#jobs, soonMs);
    return { ...rest, nodes: loads, missing, jobsMissing };
  }

  /**
   * When the last job of a node is expected to end: as the job says or earlier runs of its name were, else after as long again as it has
   * lived. 0: no job needs it.
   */
  readonly emptyMs = (node: string, nowMs: number): number => {
    let last = 0;
    for (const { state, createdMs, ...job } of this.#jobs.table.ofNode(node)) {
      if (state.kind !== 'active') continue;
      const said = createdMs + (this.#jobs.planner.lifetimeMs(job) ?? 0);
      last = Math.max(last, said > nowMs ? said : 2 * nowMs - createdMs);
    }
    return last;
  };

  #loadOf({ record, connection }: NodeView, meter: NodeMeter, shape: string | undefined): NodeLoad {
    const returnable =
      record.drainedBy === 'autoscaler' && connection.kind === 'connected' && this.#jobs.table.needs(record.node);
    return {
      node: record.node,
      shape,
      capacity: capacityOfRecord(record),
      used: meter.used,
      reserved: this.#reservedOn(record),
      jobs: this.#jobs.table.countOf(record.node),
      draining: record.draining ? { returnable } : undefined,
    };
  }

  #reservedOn({ shards }: NodeRecord): Amounts {
    const sum = { ...noAmounts };
    for (const { shard } of shards) {
      const { dramBytes, ssdBytes, throughputBytesPerSecond } = this.#jobs.reserved.of(shard);
      sum.network += throughputBytesPerSecond;
      sum.dram += dramBytes;
      sum.ssd += ssdBytes;
    }
    return sum;
  }
}

/** What a node that has joined holds; one core per shard. */
function capacityOfRecord({ shards, dramBytes, ssdBytes, throughputBytesPerSecond }: NodeRecord): Amounts {
  let listening = 0;
  for (const { endpointPort } of shards) if (endpointPort > 0) listening++;
  return {
    cpu: listening,
    network: throughputBytesPerSecond > 0 ? throughputBytesPerSecond : listening * shardBytesPerSecond,
    dram: dramBytes,
    ssd: ssdBytes,
  };
}

/**
 * Nodes in the order in which it costs least to let them go: those that are expected to be empty first, then those with the fewest jobs, the
 * fewest bytes, the youngest. `emptyMs`: when the last job of a node is expected to end, 0 if it has none.
 */
export function cheapestToLetGo(loads: readonly NodeLoad[], emptyMs: (node: string) => number = () => 0): string[] {
  const empty = new Map(loads.map(({ node }) => [node, emptyMs(node)]));
  const late = ({ node }: NodeLoad) => empty.get(node) ?? 0;
  const bytes = ({ used, reserved }: NodeLoad) => Math.max(used.dram, reserved.dram) + Math.max(used.ssd, reserved.ssd);
  return loads
    .toSorted((a, b) => late(a) - late(b) || a.jobs - b.jobs || bytes(a) - bytes(b) || compareNames(b.node, a.node))
    .map(({ node }) => node);
}

/** `node-10` comes after `node-9`. */
const collator = new Intl.Collator('en', { numeric: true });
const compareNames = (a: string, b: string): number => collator.compare(a, b);
