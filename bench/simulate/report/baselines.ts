import { type CacheNode, cacheBilledMs, cacheNodes, instances, prices } from '../fleet/instances.js';
import { heldByteMs, movedBytesPerSecond, peakBytesPerSecond, type SimulatedJob } from '../workload/job.js';
import { heldTogether, peakStepMs } from '../workload/scale.js';

/** What Redis can give to data: ElastiCache keeps a quarter of a node's memory back by default, for copies and fragmentation. */
const usablePart = 0.75;
/** Of an EC2 machine's memory the part that AWS gives to its cache nodes of that size. */
const machinePart = 13.07 / 16;
const hourMs = 3_600_000;

/** What the day's jobs want together. */
export interface Demand {
  readonly peakBytes: number;
  readonly meanBytes: number;
  readonly peakBytesPerSecond: number;
  readonly meanBytesPerSecond: number;
}

/** Another way to hold the same day's data, and its price. */
export interface Baseline {
  readonly name: string;
  readonly dollars: number;
  /** What it consists of. */
  readonly what: string;
}

/** Peak and mean of what jobs want within the day, in the resolution of the workload's scaling. */
export function demandOf(jobs: readonly SimulatedJob[], hours: number): Demand {
  const steps = Math.ceil((hours * hourMs) / peakStepMs);
  const held = heldTogether(jobs).subarray(0, steps);
  const moved = new Float64Array(steps);
  for (const job of jobs) {
    for (let step = Math.ceil(job.startMs / peakStepMs); step < steps && step * peakStepMs < job.startMs + job.lifeMs; step++) {
      moved[step] = (moved[step] ?? 0) + movedBytesPerSecond(job, step * peakStepMs - job.startMs);
    }
  }
  return {
    peakBytes: most(held),
    meanBytes: sum(held) / steps,
    peakBytesPerSecond: most(moved),
    meanBytesPerSecond: sum(moved) / steps,
  };
}

/** Everything the day is compared with, dearest assumptions of ours last. */
export function baselinesOf(jobs: readonly SimulatedJob[], demand: Demand, hours: number): Baseline[] {
  return [
    fixedFleet('redis', demand, hours),
    fixedFleet('valkey', demand, hours),
    ownFleet(demand, hours),
    perJobFleet(jobs, hours),
    serverless(jobs),
    objectStoreOnly(jobs),
  ];
}

type Engine = 'redis' | 'valkey';
const priceOf = (node: CacheNode, engine: Engine) => (engine === 'redis' ? node.redisDollarsPerHour : node.valkeyDollarsPerHour);

/** The cheapest cluster of equal nodes that has room and bandwidth; replicas none, slots spread perfectly. */
function smallestCluster(bytes: number, bytesPerSecond: number, engine: Engine) {
  const clusters = cacheNodes.map((node) => {
    const count = Math.max(
      1,
      Math.ceil(bytes / (node.memoryBytes * usablePart)),
      Math.ceil(bytesPerSecond / node.burstBytesPerSecond),
    );
    return { node, count, dollarsPerHour: count * priceOf(node, engine) };
  });
  return clusters.reduce((best, each) => (each.dollarsPerHour < best.dollarsPerHour ? each : best));
}

/** One cluster, large enough for the day's peak, all day. */
function fixedFleet(engine: Engine, demand: Demand, hours: number): Baseline {
  const { node, count, dollarsPerHour } = smallestCluster(demand.peakBytes, demand.peakBytesPerSecond, engine);
  const product = engine === 'redis' ? 'ElastiCache for Redis OSS' : 'ElastiCache for Valkey';
  return {
    name: `fixed ${engine} fleet`,
    dollars: dollarsPerHour * hours,
    what: `${product}: ${count} ${node.name} for ${hours} h`,
  };
}

/** The same on machines of one's own, of any shape that is known here. */
function ownFleet(demand: Demand, hours: number): Baseline {
  const fleets = instances.map((instance) => {
    const usable = instance.memoryBytes * machinePart * usablePart;
    const count = Math.max(
      Math.ceil(demand.peakBytes / usable),
      Math.ceil((demand.peakBytesPerSecond * 8) / instance.burstBitsPerSecond),
    );
    return { instance, count, dollarsPerHour: count * instance.dollarsPerHour };
  });
  const best = fleets.reduce((cheapest, each) => (each.dollarsPerHour < cheapest.dollarsPerHour ? each : cheapest));
  return {
    name: 'fixed fleet of own machines',
    dollars: best.dollarsPerHour * hours,
    what: `Redis on EC2: ${best.count} ${best.instance.name} for ${hours} h, nobody's work counted`,
  };
}

/** Every job has a cluster of its own, as small as it may be; hours that began are paid. */
function perJobFleet(jobs: readonly SimulatedJob[], hours: number): Baseline {
  let dollars = 0;
  let nodes = 0;
  for (const job of jobs) {
    const { count, dollarsPerHour } = smallestCluster(job.peakBytes, peakBytesPerSecond(job), 'valkey');
    const livesMs = Math.min(job.lifeMs, hours * hourMs - job.startMs);
    dollars += dollarsPerHour * Math.max(1, Math.ceil(livesMs / cacheBilledMs));
    nodes += count;
  }
  return { name: 'a cluster per job', dollars, what: `ElastiCache for Valkey: ${nodes} nodes, each paid by the hour that began` };
}

/** Nothing is held ready; bytes held and moved are paid. */
function serverless(jobs: readonly SimulatedJob[]): Baseline {
  let [gigabyteHours, kilobytes] = [0, 0];
  for (const job of jobs) {
    gigabyteHours += Math.max(heldByteMs(job), prices.serverlessLeastBytes * job.lifeMs) / hourMs / 1e9;
    kilobytes += (job.peakBytes * (1 + job.reads)) / 1000;
  }
  const dollars = gigabyteHours * prices.serverlessValkeyGigabyteHour + kilobytes * prices.serverlessValkeyKilobyteMoved;
  return {
    name: 'serverless cache',
    dollars,
    what: 'ElastiCache Serverless for Valkey: a cache per job, by GB-hour and KB moved',
  };
}

/** Every object is put and got; storage itself costs next to nothing. */
function objectStoreOnly(jobs: readonly SimulatedJob[]): Baseline {
  let [puts, gets, gigabyteHours] = [0, 0, 0];
  for (const job of jobs) {
    const objects = Math.max(1, job.peakBytes / job.objectBytes);
    puts += objects;
    gets += objects * job.reads;
    gigabyteHours += heldByteMs(job) / hourMs / 1e9;
  }
  const dollars = puts * prices.objectPut + gets * prices.objectGet + (gigabyteHours * prices.objectGigabyteMonth) / 730;
  return {
    name: 'object store only',
    dollars,
    what: `S3 Standard: ${Math.round(puts / 1e6)} million puts, ${Math.round(gets / 1e6)} million gets`,
  };
}

const most = (values: Float64Array) => values.reduce((top, value) => Math.max(top, value), 0);
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
