import type { Hello__Output, JobUsage__Output, NodeUsage__Output, Usage__Output } from '@satchel/proto/gen';
import type { Holding } from '../load/held-job.js';
import type { ShardLoad } from '../load/shard-load.js';
import type { SimulatedShape } from './shapes.js';

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
  return { job, shard: holding.place.shard, incarnation, usage: usageReport([holding], objectBytes) };
}

/** What a job used in all these places, as a controller receives it of a node. */
export function usageReport(holdings: readonly Holding[], objectBytes: number): Usage__Output {
  const [dram, ssd, object] = [noBytes(), noBytes(), noBytes()];
  let [bytesIn, bytesOut, requests, peakBytes, objects, objectRequests] = [0, 0, 0, 0, 0, 0];
  for (const holding of holdings) {
    dram.bytes += holding.dramBytes;
    dram.byteSeconds += holding.dramByteSeconds;
    ssd.bytes += holding.ssdBytes;
    ssd.byteSeconds += holding.ssdByteSeconds;
    object.bytes += holding.objectBytes;
    object.byteSeconds += holding.objectByteSeconds;
    bytesIn += holding.bytesIn;
    bytesOut += holding.bytesOut;
    requests += Math.round((holding.bytesIn + holding.bytesOut) / objectBytes);
    peakBytes += holding.peakBytes;
    objects += Math.round(holding.bytes / objectBytes);
    objectRequests += Math.round(holding.objectRequests);
  }
  const local = { localReads: 0, localBytes: 0 };
  return {
    dram,
    ssd,
    object,
    bytesIn,
    bytesOut,
    requests,
    ...local,
    peakBytes,
    objects,
    objectRequests,
    persistedBytes: 0,
    dollars: 0,
  };
}

const noBytes = () => ({ bytes: 0, byteSeconds: 0 });
