import { setTimeout as delay } from 'node:timers/promises';
import type { Figures } from '../../figures.js';
import { bulkKey } from '../../load/bulk.js';
import { type LoadWorker, startLoadWorker } from '../../load/load-worker.js';
import { withServerCpu } from '../../load/server-cpu.js';
import type { Output } from '../../output.js';
import { cpuSecondsOf, residentBytesOf } from '../../process-usage.js';
import type { Findings } from '../../report.js';
import { type Contestant, runRounds } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { readShardMetrics, type ShardMetrics } from '../../shard-metrics.js';
import { satchelChoice } from '../../subjects.js';
import { type JobPlace, openTestedJob, type TestedJob } from '../../tested-job.js';

export interface ResidencyOptions {
  readonly rounds: number;
  readonly objects: number;
  /** Objects of the job that it is compared with. */
  readonly fewObjects: number;
  readonly valueBytes: number;
  readonly ms: number;
  readonly inFlight: number;
}

/** A shard of its own that holds some number of objects. */
interface Holding {
  readonly name: string;
  readonly objects: number;
  readonly job: TestedJob;
  readonly worker: LoadWorker;
}

/** Shards report their metrics once a second. */
const metricsMs = 1500;
const prefix = 'object:';
const keyBytes = bulkKey(prefix, 0).length;

/** The same mixed load on a shard with many objects and on one with few, in turns; and what an object takes. */
export function runResidency(cluster: JobPlace['cluster'], options: ResidencyOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const few = await hold(scope, cluster, options.fewObjects);
    const many = await hold(scope, cluster, options.objects);
    const facts = { ...(await fill(few, options, output)), ...(await fill(many, options, output)) };
    const contestants = [contestantOf(many, [few.name], options), contestantOf(few, [], options)];
    const works = [{ name: `45 % get, 45 % put, 5 % delete and put, ${options.inFlight} in flight`, contestants }];
    const rows = await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`));
    return { rows, facts: { ...facts, ...(await afterwards(many, options)) } };
  });
}

async function hold(scope: Scope, cluster: JobPlace['cluster'], objects: number): Promise<Holding> {
  const job = await openTestedJob(scope, { cluster }, { name: 'residency', latencySensitive: true });
  const worker = await startLoadWorker(scope, satchelChoice('satchel', job));
  return { name: `${objects.toLocaleString('en')} objects`, objects, job, worker };
}

/** Stores the objects; resolves to how long that took and what they take beyond their keys and values. */
async function fill(
  { name, objects, job, worker }: Holding,
  { valueBytes }: ResidencyOptions,
  output: Output,
): Promise<Record<string, number>> {
  const residentBefore = residentOf(job);
  const cpuBefore = cpuSecondsOf(job.shardPids);
  const started = performance.now();
  await worker.call('store', { url: job.url, prefix, count: objects, valueBytes });
  const seconds = (performance.now() - started) / 1000;
  output.say(`  stored ${name} in ${seconds.toFixed(1)} s`);
  const payloadBytes = objects * (keyBytes + valueBytes);
  const cpu = cpuSecondsOf(job.shardPids) - cpuBefore;
  const { dramReservedBytes } = await settledMetrics(job);
  return {
    [`${name}: stored per second`]: objects / seconds,
    [`${name}: µs of the shard's processor per put`]: (cpu * 1e6) / objects,
    [`${name}: resident bytes per object beyond key and value`]: (residentOf(job) - residentBefore - payloadBytes) / objects,
    [`${name}: arena bytes per object beyond key and value`]: (dramReservedBytes - payloadBytes) / objects,
  };
}

function residentOf({ shardPids }: TestedJob): number {
  return shardPids.reduce((sum, pid) => sum + residentBytesOf(pid), 0);
}

async function settledMetrics({ metrics }: TestedJob): Promise<ShardMetrics> {
  await delay(metricsMs);
  return readShardMetrics(metrics);
}

function contestantOf(
  { name, objects, job, worker }: Holding,
  against: readonly string[],
  { valueBytes, inFlight, ms }: ResidencyOptions,
): Contestant {
  const run = async (): Promise<Figures> => {
    // While the other shard had its turn this one reported all it had done.
    const before = await readShardMetrics(job.metrics);
    const figures = await withServerCpu(job.shardPids, async () => {
      await worker.call('begin', { mix: 'churn', prefix, keys: objects, valueBytes, inFlight });
      await delay(ms);
      return worker.call('end', undefined);
    });
    const after = await settledMetrics(job);
    return {
      ...figures,
      gcPausesOver10Ms: after.gcPausesOver10Ms - before.gcPausesOver10Ms,
      slowTurns: after.delaysOver10Ms - before.delaysOver10Ms,
    };
  };
  return { name, against, run };
}

async function afterwards({ name, objects, job }: Holding, { valueBytes }: ResidencyOptions): Promise<Record<string, number>> {
  const { dramReservedBytes, gcPausesOver10Ms } = await settledMetrics(job);
  return {
    [`${name}: the same after the load`]: dramReservedBytes / objects - keyBytes - valueBytes,
    [`${name}: collections over 10 ms since the shard's start, filling included`]: gcPausesOver10Ms,
  };
}
