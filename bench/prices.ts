/**
 * An Amazon ElastiCache node for Redis, us-east-1, on demand: cache.r6g.large, 13.07 GiB, 0.206 dollars an hour
 * (AWS Price List, 2 October 2026). A quarter of its memory is reserved by default (reserved-memory-percent 25).
 */
export const redisNode = {
  name: 'cache.r6g.large',
  memoryBytes: 13.07 * 2 ** 30,
  usableShare: 0.75,
  dollarsPerHour: 0.206,
} as const;

/** Nodes of a Redis cluster that holds `peakBytes`, and what it costs an hour whether used or idle. */
export function redisForPeak(peakBytes: number): { readonly nodes: number; readonly dollarsPerHour: number } {
  const nodes = Math.max(1, Math.ceil(peakBytes / (redisNode.memoryBytes * redisNode.usableShare)));
  return { nodes, dollarsPerHour: nodes * redisNode.dollarsPerHour };
}
