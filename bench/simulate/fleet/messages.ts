import type { Hello__Output, JobUsage__Output, NodeUsage__Output, Usage__Output } from '@satchel/proto/gen';
import type { Holding } from '../load/held-job.js';
import type { ShardLoad } from '../load/shard-load.js';
import type { SimulatedShape } from './shapes.js';

const noUsage: Usage__Output = {
  dram: null,
  ssd: null,
  object: null,
  bytesIn: 0,
  bytesOut: 0,
  requests: 0,
  localReads: 0,
  localBytes: 0,
  peakBytes: 0,
  objects: 0,
  dollars: 0,
  objectRequests: 0,
  persistedBytes: 0,
};

/** How a node of the shape introduces itself; `number` gives it ports of its own. */
export function helloOf(node: string, number: number, shape: SimulatedShape, jobs: readonly string[]): Hello__Output {
  const host = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  return {
    node,
    host,
    shards: Array.from({ length: shape.shards }, (_, index) => ({
      index,
      endpointPort: 7500 + 2 * index,
      directPort: 7501 + 2 * index,
      socket: `/run/satchel/${7500 + 2 * index}.sock`,
      contents: `${node}/${index}`,
    })),
    dramBytes: shape.dramBytes,
    ssdBytes: shape.ssdBytes,
    throughputBytesPerSecond: Math.floor(shape.throughputBytesPerSecond),
    version: 'simulated',
    http: `${host}:7480`,
    grants: [],
    jobs: [...jobs],
  };
}

/** A node's gauges and counters, of its shards. */
export function nodeUsage(places: readonly ShardLoad[], bytesPerCore: number): NodeUsage__Output {
  let [dramUsedBytes, ssdUsedBytes, bytesIn, bytesOut, bytesPerSecond] = [0, 0, 0, 0, 0];
  for (const place of places) {
    dramUsedBytes += place.dramBytes;
    ssdUsedBytes += place.ssdBytes;
    bytesIn += place.bytesIn;
    bytesOut += place.bytesOut;
    bytesPerSecond += place.bytesPerSecond;
  }
  const cpu = bytesPerSecond / bytesPerCore;
  return { dramUsedBytes, dramReservedBytes: dramUsedBytes, ssdUsedBytes, cpu, bytesIn, bytesOut, connections: 0 };
}

/** What a job used on one shard so far. */
export function jobUsage(job: string, incarnation: number, holding: Holding, objectBytes: number): JobUsage__Output {
  return { job, shard: holding.place.shard, incarnation, usage: usageOf(holding, objectBytes) };
}

export function usageOf(holding: Holding, objectBytes: number): Usage__Output {
  const objects = holding.bytes / objectBytes;
  return {
    ...noUsage,
    dram: { bytes: holding.dramBytes, byteSeconds: holding.dramByteSeconds },
    ssd: { bytes: holding.ssdBytes, byteSeconds: holding.ssdByteSeconds },
    object: { bytes: holding.objectBytes, byteSeconds: holding.objectByteSeconds },
    bytesIn: holding.bytesIn,
    bytesOut: holding.bytesOut,
    requests: Math.round((holding.bytesIn + holding.bytesOut) / objectBytes),
    peakBytes: holding.peakBytes,
    objects: Math.round(objects),
    objectRequests: Math.round(holding.objectRequests),
  };
}

/** The sum of what a job used on several shards. */
export function addUsage(a: Usage__Output, b: Usage__Output): Usage__Output {
  const tier = (name: 'dram' | 'ssd' | 'object') => ({
    bytes: (a[name]?.bytes ?? 0) + (b[name]?.bytes ?? 0),
    byteSeconds: (a[name]?.byteSeconds ?? 0) + (b[name]?.byteSeconds ?? 0),
  });
  return {
    ...noUsage,
    dram: tier('dram'),
    ssd: tier('ssd'),
    object: tier('object'),
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    requests: a.requests + b.requests,
    peakBytes: a.peakBytes + b.peakBytes,
    objects: a.objects + b.objects,
    objectRequests: a.objectRequests + b.objectRequests,
  };
}

export const nothingUsed = noUsage;
