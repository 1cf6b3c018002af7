import { addUsage, noUsage, type UsageTotals } from '@satchel/proto/core';
import type { FleetRecord, JobRecord, NodeRecord, UsageRecord } from '../model.js';
import { NamespaceUsage, usageAdded } from '../usage/namespaces.js';
import type { Change, StateStore } from './state-store.js';

/** Layout of the state that this version writes; it reads every one before. */
export const stateFormat = 2;

/** Namespace of jobs that are no longer remembered. */
const unknownNamespace = 'default';
const noRates = { bytesPerSecond: 0, requestsPerSecond: 0 };

/** Of format 1: slots did not move. */
type JobOfFormat1 = Omit<JobRecord, 'revision' | 'previous' | 'former'> & Partial<JobRecord>;
/** Of format 1: nothing was added up by namespace. */
type UsageOfFormat1 = Omit<UsageRecord, 'namespace' | 'peakRates'> & Partial<UsageRecord>;

/**
 * What makes a state of format 1 one of this format, all to be committed together. What jobs had used by then counts in the month of
 * `nowMs`. May be done again if it could not be written as a whole: what a record has, it keeps.
 */
export function changesFromFormat1(store: StateStore, fleet: FleetRecord, nowMs: number): Change[] {
  const jobs: readonly JobOfFormat1[] = store.all('jobs');
  const usage: readonly UsageOfFormat1[] = store.all('usage');
  const namespaces = new Map(jobs.map(({ job, namespace }) => [job, namespace]));
  const months = new NamespaceUsage(store.all('namespace-usage'));
  const records = usage.map((record): Change => {
    const namespace = record.namespace ?? namespaces.get(record.job) ?? unknownNamespace;
    if (record.namespace === undefined) months.add(namespace, usageAdded(noUsage, totalOf(record)), nowMs);
    return { collection: 'usage', key: record.job, value: { peakRates: noRates, ...record, namespace } };
  });
  return [
    ...jobs.map((job): Change => ({ collection: 'jobs', key: job.job, value: { ...newFields, ...job } })),
    ...store.all('nodes').map((node): Change => ({ collection: 'nodes', key: node.node, value: withDrainer(node) })),
    ...records,
    ...months.changes(),
    { collection: 'fleet', key: 'fleet', value: { ...fleet, format: stateFormat } },
  ];
}

const newFields = { revision: 1, previous: [], former: [] } as const;

/** Only operators drained nodes. */
function withDrainer(node: NodeRecord): NodeRecord {
  return node.draining ? { drainedBy: 'operator', ...node } : node;
}

function totalOf({ shards }: Pick<UsageRecord, 'shards'>): UsageTotals {
  return shards.flatMap(({ usage, settled }) => [usage, settled]).reduce(addUsage, noUsage);
}
