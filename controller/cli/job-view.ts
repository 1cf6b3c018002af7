import { formatBytes, formatDollars, formatDuration } from '@satchel/proto/core';
import type { Allocation__Output, Job__Output, Reason__Output, Usage__Output } from '@satchel/proto/gen';
import { fields, givenFields, table } from './output.js';

/** A job as a JSON document: the control API's message with only the hints that are set. */
export function jobDocument(job: Job__Output): Record<string, unknown> {
  return { ...job, hints: givenFields(job.hints) };
}

/** What a job was given, for people. */
export function allocationFields(allocation: Allocation__Output | null): [string, string][] {
  if (!allocation) return [];
  return [
    ['quota', allocation.quotaBytes === 0 ? 'none' : formatBytes(allocation.quotaBytes)],
    ['tiers', allocation.tiers.join(' → ')],
    ['dram', formatBytes(allocation.dramBytes)],
    ['ssd', formatBytes(allocation.ssdBytes)],
    ['object', formatBytes(allocation.objectBytes)],
    ['throughput reserved', `${formatBytes(allocation.throughputBytesPerSecond)}/s`],
    ['price', `${formatDollars(allocation.dollarsPerHour)} per hour`],
    ['shards', allocation.shares.map(({ node, shard, slots }) => `${node}/${shard} (${slots} slots)`).join(', ') || 'none'],
  ];
}

/** Why the controller decided so, for people. */
export function reasonsTable(reasons: readonly Reason__Output[]): string {
  return table(
    ['DECISION', 'VALUE', 'BECAUSE'],
    reasons.map(({ field, value, because }) => [field, value, because]),
    'no reasons given',
  );
}

/** A job's receipt, for people: bytes and byte-seconds per tier, traffic and the price. */
export function receipt(usage: Usage__Output | null): string {
  if (!usage) return 'nothing used yet';
  const tierRow = (name: 'dram' | 'ssd' | 'object'): string[] => [
    name,
    formatBytes(usage[name]?.bytes ?? 0),
    `${((usage[name]?.byteSeconds ?? 0) / (2 ** 30 * 3600)).toPrecision(3)} GiB-hours`,
  ];
  const tiers = table(['TIER', 'NOW', 'USED'], [tierRow('dram'), tierRow('ssd'), tierRow('object')], '');
  const totals = fields([
    ['objects now', String(usage.objects)],
    ['peak', formatBytes(usage.peakBytes)],
    ['bytes in', formatBytes(usage.bytesIn)],
    ['bytes out', formatBytes(usage.bytesOut)],
    ['requests', String(usage.requests)],
    ['local reads', String(usage.localReads)],
    ['read locally', formatBytes(usage.localBytes)],
    ['object requests', String(usage.objectRequests)],
    ['persisted', formatBytes(usage.persistedBytes)],
    ['usage price', formatDollars(usage.dollars)],
  ]);
  return `${tiers}\n\n${totals}`;
}

/** Bytes a job holds now, all tiers together. */
export function bytesNow(usage: Usage__Output | null): number {
  return (usage?.dram?.bytes ?? 0) + (usage?.ssd?.bytes ?? 0) + (usage?.object?.bytes ?? 0);
}

/** How long a lease still has, or why the job is over. */
export function leaseText(job: Job__Output, nowMs: number): string {
  if (job.state !== 'active') return job.endReason || '-';
  const leftMs = job.expiresAtMs - nowMs;
  return leftMs > 0 ? `${formatDuration(leftMs)} left` : 'lapsing';
}
