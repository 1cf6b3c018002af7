import { formatBytes, formatDollars, heldBytes, slotCount, type UsageTotals } from '@satchel/proto/core';
import type { Allocation, Deficit, JobRecord, Reason } from './model.js';
import { receiptDollars, unitPricesOf } from './prices.js';
import type { Alternatives } from './sizing/planned-alternatives.js';
import { type PriceSheet, pricesText } from './sizing/price-sheet.js';
import { readMs } from './sizing/tier-facts.js';
import type { Reclaimed } from './stages/stage-record.js';

/** The reasons of a plan, and where each number of it comes from that no decision made. */
export function planSources(
  allocation: Allocation,
  reasons: readonly Reason[],
  { alternatives, trafficReasons, lifetimeMs }: Alternatives,
  prices: PriceSheet,
): Reason[] {
  const perJob = (allocation.dollarsPerHour * lifetimeMs) / 3_600_000;
  return completed(reasons, [
    ...allocationSources(allocation),
    ...trafficReasons,
    lifetimeMs > 0
      ? { field: 'for its lifetime', value: formatDollars(perJob), because: 'the price × the lifetime' }
      : { field: 'for its lifetime', value: 'unknown', because: 'no lifetime is known' },
    ...(alternatives.length > 0 ? alternativeSources(alternatives, prices) : []),
  ]);
}

/** What a job used so far, and by which prices. */
export interface Used {
  readonly usage: UsageTotals;
  /** What its end gave back. */
  readonly reclaimed: Reclaimed;
  readonly prices: PriceSheet;
}

/** The same of a job that is registered. */
export function jobSources(record: JobRecord, { usage, reclaimed, prices }: Used): Reason[] {
  const { leaseMs, epoch, revision, previous, deficit, state } = record;
  const held = (objects: number, bytes: number) => `${formatBytes(bytes)} in ${objects} objects`;
  const charged = 'GiB-hours of each tier and requests to the object store';
  return completed(record.reasons, [
    ...allocationSources(record.allocation),
    {
      field: 'lease',
      value: `${leaseMs / 1000} s`,
      because: 'as registered, or the default of the controller; from the last renewal on',
    },
    ...(deficit === undefined ? [] : [shortOf(deficit)]),
    { field: 'epoch', value: String(epoch), because: 'grows by one when slots get other owners' },
    { field: 'revision', value: String(revision), because: 'grows by one with each change of what its nodes are told' },
    ...(previous.length === 0 ? [] : [formerOwners(previous.length)]),
    {
      field: 'usage',
      value: held(usage.objects, heldBytes(usage)),
      because: 'counted by its shards, as their nodes last reported',
    },
    {
      field: 'usage price',
      value: formatDollars(receiptDollars(usage, unitPricesOf(prices))),
      because: `${charged}, at ${pricesText(prices)}`,
    },
    ...(state.kind === 'active'
      ? []
      : [{ field: 'reclaimed', value: held(reclaimed.objects, reclaimed.bytes), because: 'what its shards held when it ended' }]),
  ]);
}

function completed(reasons: readonly Reason[], more: readonly Reason[]): Reason[] {
  const known = new Set(reasons.map(({ field }) => field));
  return [...reasons, ...more.filter(({ field }) => !known.has(field))];
}

function allocationSources({ quotaBytes, shares, ...given }: Allocation): Reason[] {
  const none = (field: string) => ({ field, value: '0 B', because: 'none of what is reserved is meant to lie there' });
  const { throughputBytesPerSecond } = given;
  return [
    ...['dram', 'ssd', 'object'].map(none),
    {
      field: 'throughput reserved',
      value: `${formatBytes(throughputBytesPerSecond)}/s`,
      because: throughputBytesPerSecond > 0 ? 'all of the throughput' : 'the throughput is not known',
    },
    {
      field: 'slots',
      value: shares.map(({ slots }) => slots).join(' + '),
      because: `${slotCount} in all, dealt by the part of the job that each shard is to hold`,
    },
  ];
}

function shortOf({ shards, bytes, throughputBytesPerSecond }: Deficit): Reason {
  const parts = [
    ...(shards > 0 ? [`${shards} shards`] : []),
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(throughputBytesPerSecond > 0 ? [`${formatBytes(throughputBytesPerSecond)}/s`] : []),
  ];
  return { field: 'short of', value: parts.join(', '), because: 'what it wants less what is reserved for it' };
}

function formerOwners(spans: number): Reason {
  return {
    field: 'previous owners',
    value: `${spans} spans of slots`,
    because: 'had these slots before and may still hold objects of them',
  };
}

function alternativeSources(alternatives: Alternatives['alternatives'], prices: PriceSheet): Reason[] {
  const dollars = alternatives.map(({ priced }) => priced.dollarsPerHour);
  const requests = alternatives.map(({ priced }) => priced.requestDollarsPerHour);
  const range = (values: readonly number[]) => `${formatDollars(Math.min(...values))} to ${formatDollars(Math.max(...values))}`;
  const stores = prices.objects.map(({ name, getMs }) => `${name} ${getMs} ms`).join(', ');
  return [
    {
      field: 'alternatives',
      value: String(alternatives.length),
      because: 'each tier and each object store alone, and mixes; bytes of a mix are the parts of the capacity that cost least',
    },
    {
      field: 'alternatives, per hour',
      value: range(dollars),
      because: `the cheapest nodes in parts, and object stores, at ${pricesText(prices)}`,
    },
    {
      field: 'alternatives, requests',
      value: range(requests),
      because: 'what is moved by value size, half of it puts that travel together up to 8 MiB, at the same prices',
    },
    {
      field: 'alternatives, read',
      value: `dram ${readMs.dram} ms, ssd ${readMs.ssd} ms`,
      because: `median over TCP as measured (docs/benchmarks.md); object stores by the price sheet: ${stores}, and dram's time`,
    },
    {
      field: 'alternatives, misses',
      value: 'now',
      because: 'the demand above against these figures; after "now", what the fleet has free at this moment',
    },
  ];
}
