/** An EC2 instance as a storage node. */
export interface Instance {
  readonly name: string;
  readonly dollarsPerHour: number;
  readonly memoryBytes: number;
  readonly nvmeBytes: number;
  readonly virtualCpus: number;
  readonly networkBitsPerSecond: number;
  readonly burstBitsPerSecond: number;
  /** What may be sent above the base before the burst ends; 0: unknown, none is counted on. */
  readonly burstBytes: number;
}

const GiB = 2 ** 30;

function instance(
  name: string,
  dollarsPerHour: number,
  memoryGiB: number,
  nvmeGB: number,
  virtualCpus: number,
  network: { readonly base: number; readonly burst: number; readonly burstGB: number },
): Instance {
  return {
    name,
    dollarsPerHour,
    memoryBytes: memoryGiB * GiB,
    nvmeBytes: nvmeGB * 1e9,
    virtualCpus,
    networkBitsPerSecond: network.base * 1e9,
    burstBitsPerSecond: network.burst * 1e9,
    burstBytes: network.burstGB * 1e9,
  };
}

/**
 * us-east-1, Linux, on demand, as of 2026-07-20 (AWS price API, by karpenter-provider-aws's generated sheet); bandwidth of the
 * same repository; bursts as measured on c6g and c6gd of the same size (hpides/skyrise, network_throughput/ec2).
 */
export const instances: readonly Instance[] = [
  instance('r6gd.medium', 0.0576, 8, 59, 1, { base: 0.5, burst: 9.1, burstGB: 200 }),
  instance('r6gd.large', 0.1152, 16, 118, 2, { base: 0.75, burst: 9.5, burstGB: 340 }),
  instance('r6gd.xlarge', 0.2304, 32, 237, 4, { base: 1.25, burst: 9.8, burstGB: 560 }),
  instance('r6g.medium', 0.0504, 8, 0, 1, { base: 0.5, burst: 9.1, burstGB: 200 }),
  instance('r6g.large', 0.1008, 16, 0, 2, { base: 0.75, burst: 9.5, burstGB: 340 }),
  instance('r6g.xlarge', 0.2016, 32, 0, 4, { base: 1.25, burst: 9.8, burstGB: 560 }),
  instance('x2gd.medium', 0.0835, 16, 59, 1, { base: 0.5, burst: 9.1, burstGB: 200 }),
  instance('x2gd.large', 0.167, 32, 118, 2, { base: 0.75, burst: 9.5, burstGB: 340 }),
  instance('im4gn.large', 0.1819, 8, 937, 2, { base: 3.125, burst: 3.125, burstGB: 0 }),
  instance('i4g.large', 0.15444, 16, 468, 2, { base: 0.781, burst: 0.781, burstGB: 0 }),
];

/** A node of ElastiCache: dollars an hour, memory before the reserve, bandwidth of the EC2 size it is of. */
export interface CacheNode {
  readonly name: string;
  readonly memoryBytes: number;
  readonly redisDollarsPerHour: number;
  readonly valkeyDollarsPerHour: number;
  readonly burstBytesPerSecond: number;
}

function cacheNode(name: string, memoryGiB: number, redis: number, valkey: number, burstGbps: number): CacheNode {
  return {
    name,
    memoryBytes: memoryGiB * GiB,
    redisDollarsPerHour: redis,
    valkeyDollarsPerHour: valkey,
    burstBytesPerSecond: (burstGbps * 1e9) / 8,
  };
}

/** us-east-1, on demand, as of 2026-10-02 (a public copy of the AWS price list API). */
export const cacheNodes: readonly CacheNode[] = [
  cacheNode('cache.r6g.large', 13.07, 0.206, 0.1648, 10),
  cacheNode('cache.r6g.xlarge', 26.32, 0.411, 0.3288, 10),
  cacheNode('cache.r6g.2xlarge', 52.82, 0.821, 0.6568, 10),
  cacheNode('cache.r6g.4xlarge', 105.81, 1.642, 1.3136, 10),
  cacheNode('cache.r6g.8xlarge', 210, 3.284, 2.6272, 12),
  cacheNode('cache.r6g.12xlarge', 317.77, 4.925, 3.94, 20),
  cacheNode('cache.r7g.large', 13.07, 0.219, 0.1752, 12.5),
  cacheNode('cache.r7g.xlarge', 26.32, 0.437, 0.3496, 12.5),
  cacheNode('cache.r7g.2xlarge', 52.82, 0.873, 0.6984, 15),
  cacheNode('cache.r7g.4xlarge', 105.81, 1.745, 1.396, 15),
];

/** Other prices in dollars; sources in docs/economics.md. */
export const prices = {
  objectGigabyteMonth: 0.023,
  objectPut: 0.005 / 1000,
  objectGet: 0.0004 / 1000,
  serverlessValkeyGigabyteHour: 0.084,
  serverlessValkeyKilobyteMoved: 0.0023 / 1e6,
  /** Smallest amount that ElastiCache Serverless for Valkey charges for. */
  serverlessLeastBytes: 100e6,
  /** One of the machines that the controllers run on: m5.large. */
  controllerMachineHour: 0.096,
  controllerMachines: 3,
} as const;

/** EC2 charges a machine for at least so long. */
export const leastBilledMs = 60_000;
/** ElastiCache charges whole hours. */
export const cacheBilledMs = 3_600_000;
