import type { Jobs } from '../jobs.js';
import type { JobRecord } from '../model.js';
import { type Amounts, combine, dimensions, noAmounts } from './amounts.js';

/** What jobs were to be given and were not. */
export interface Missing {
  readonly amounts: Amounts;
  readonly jobs: number;
}

/** What an active job was to be given and was not, because the fleet did not have it. */
export function missingOf(record: Pick<JobRecord, 'state' | 'deficit' | 'hints'> | undefined): Amounts {
  if (record?.state.kind !== 'active' || record.deficit === undefined) return noAmounts;
  const { deficit, hints } = record;
  return {
    // Shards that a job wants for its requests are cores; one that says nothing of itself would take any number and needs none.
    cpu: hints.requests === undefined ? 0 : deficit.shards,
    network: deficit.throughputBytesPerSecond,
    dram: deficit.dramBytes,
    ssd: deficit.ssdBytes,
  };
}

/** Whether a job that changed is short of more than it was. */
export function isShorter(before: JobRecord | undefined, after: JobRecord | undefined): boolean {
  const [was, is] = [missingOf(before), missingOf(after)];
  return dimensions.some((dimension) => is[dimension] > was[dimension]);
}

/**
 * What is missing to all jobs that more nodes would help: not to those whose namespace has as many nodes as it may, nor to those that will be over
 * before nodes come, as they say or as earlier runs of their names were.
 */
export function missingInAll(
  { table, namespaces, planner }: Pick<Jobs, 'table' | 'namespaces' | 'planner'>,
  soonMs: number,
): Missing {
  const atLimit = new Map<string, boolean>();
  let amounts = noAmounts;
  let jobs = 0;
  for (const job of table.short) {
    const record = table.get(job);
    const missing = missingOf(record);
    if (record === undefined || !dimensions.some((dimension) => missing[dimension] > 0)) continue;
    if (record.createdMs + (planner.lifetimeMs(record) ?? Number.POSITIVE_INFINITY) < soonMs) continue;
    const { namespace } = record;
    if (!atLimit.has(namespace)) atLimit.set(namespace, hasAllItMay(namespaces, namespace));
    if (atLimit.get(namespace)) continue;
    amounts = combine(amounts, missing, (a, b) => a + b);
    jobs++;
  }
  return { amounts, jobs };
}

function hasAllItMay(namespaces: Jobs['namespaces'], namespace: string): boolean {
  const { limits, totals } = namespaces.view(namespace);
  return limits.nodes !== undefined && totals.nodes.size >= limits.nodes;
}
