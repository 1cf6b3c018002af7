import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@satchel/client';
import { SatchelError } from '@satchel/proto/core';
import type { Figures } from '../../figures.js';
import { type LoadWorker, startLoadWorker } from '../../load/load-worker.js';
import { withServerCpu } from '../../load/server-cpu.js';
import type { LoadOptions } from '../../load/steady-load.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { readShardMetrics } from '../../shard-metrics.js';
import { satchelChoice } from '../../subjects.js';
import { type JobPlace, openTestedJob, type TestedJob } from '../../tested-job.js';

export const disturbances = ['delete', 'scan', 'waits', 'neighbour', 'pipeline'] as const;
export type Disturbance = (typeof disturbances)[number];

export interface FairnessOptions {
  readonly rounds: number;
  /** How long the others are measured alone, and beside what goes on by itself. */
  readonly ms: number;
  readonly disturbances: readonly Disturbance[];
  readonly deletedKeys: number;
  readonly scannedKeys: number;
  readonly waits: number;
  readonly pipelined: number;
  /** Gets that the others have in flight. */
  readonly inFlight: number;
}

/** What goes on beside the others' gets. */
interface Nuisance {
  readonly name: string;
  /** Before each round, unmeasured. */
  prepare?(): Promise<unknown>;
  /** Resolves when it is over; what it resolves to must not be 0, or it did nothing. */
  run(): Promise<number>;
}

const othersKeys = 1000;
const othersValueBytes = 1024;
const smallBytes = 100;
const largeBytes = 2 ** 20;
const largeKey = 'large';
/** The others run a while before they are measured beside something. */
const settleMs = 100;

/** Other clients' gets alone, and while one client does something large on the same shard. */
export function runFairness(place: JobPlace, options: FairnessOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const job = await openTestedJob(scope, place, { name: 'fairness', latencySensitive: true });
    const others = await startLoadWorker(scope, satchelChoice('satchel', job));
    const troublemaker = await startLoadWorker(scope, satchelChoice('satchel', job));
    // What the others notice is to come from the shard, not from a lack of cores.
    setPriority(troublemaker.pid, constants.priority.PRIORITY_LOW);
    await prepare(scope, job, troublemaker, options, output);
    const works = nuisances(job, others, troublemaker, options).map((nuisance) => work(job, others, nuisance, options));
    const rows = await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`));
    return { rows, facts: job.metrics.length > 0 ? { ...(await slowTurns(job)) } : {} };
  });
}

async function prepare(
  scope: Scope,
  job: TestedJob,
  worker: LoadWorker,
  options: FairnessOptions,
  output: Output,
): Promise<void> {
  const { url } = job;
  await worker.call('store', { url, prefix: 'others:', count: othersKeys, valueBytes: othersValueBytes });
  const store = await scope.open(connect(url, { socketDir: '' }), (opened) => opened.close());
  await store.put(largeKey, Buffer.alloc(largeBytes, 'x'));
  if (!options.disturbances.includes('scan')) return;
  output.say(`  storing ${options.scannedKeys.toLocaleString('en')} objects to be scanned`);
  await worker.call('store', { url, prefix: 'scanned:', count: options.scannedKeys, valueBytes: smallBytes });
}

function nuisances({ url }: TestedJob, others: LoadWorker, worker: LoadWorker, options: FairnessOptions): Nuisance[] {
  const { deletedKeys, scannedKeys, waits, pipelined, ms } = options;
  const waitsAndGets = `${waits.toLocaleString('en')} waits and 1 MiB gets`;
  const all: Record<Disturbance, Nuisance> = {
    delete: {
      name: `DELPREFIX of ${deletedKeys.toLocaleString('en')}`,
      prepare: () => worker.call('store', { url, prefix: 'deleted:', count: deletedKeys, valueBytes: smallBytes }),
      run: () => worker.call('deletePrefix', 'deleted:'),
    },
    scan: {
      name: `SCAN of ${scannedKeys.toLocaleString('en')}`,
      run: () => worker.call('listFor', { prefix: 'scanned:', forMs: ms }),
    },
    waits: { name: `${waitsAndGets} on the same store`, run: () => held(others, options) },
    neighbour: { name: `${waitsAndGets} of another process`, run: () => held(worker, options) },
    pipeline: {
      name: `a pipeline of ${pipelined.toLocaleString('en')} gets`,
      run: () => {
        const what = { url, prefix: 'others:', count: pipelined, valueBytes: othersValueBytes, stored: othersKeys };
        return worker.call('readFor', { ...what, forMs: ms });
      },
    },
  };
  return options.disturbances.map((name) => all[name]);
}

async function held(worker: LoadWorker, { waits, ms }: FairnessOptions): Promise<number> {
  await worker.call('hold', { waits, largeKey });
  await delay(ms);
  return worker.call('letGo', undefined);
}

function work(job: TestedJob, others: LoadWorker, nuisance: Nuisance, { ms, inFlight }: FairnessOptions): Work {
  const load = { mix: 'get', prefix: 'others:', keys: othersKeys, valueBytes: othersValueBytes, inFlight } as const;
  const alone = () => measured(job, others, load, () => delay(ms, 1));
  const beside = async () => {
    await nuisance.prepare?.();
    return measured(job, others, load, () => nuisance.run());
  };
  return {
    name: `gets beside ${nuisance.name}`,
    contestants: [
      { name: 'beside', against: ['alone'], run: beside },
      { name: 'alone', against: [], run: alone },
    ],
  };
}

/** The others' figures while something goes on. */
async function measured(
  { shardPids }: TestedJob,
  others: LoadWorker,
  load: LoadOptions,
  during: () => Promise<number>,
): Promise<Figures> {
  await warmUp(others, load);
  let done = 0;
  const figures = await withServerCpu(shardPids, async () => {
    await others.call('begin', load);
    done = await during();
    return others.call('end', undefined);
  });
  if (done === 0) throw new SatchelError('failed', 'what was to go on beside the gets did nothing');
  if (figures.hitShare !== 1) throw new SatchelError('failed', `the gets found ${figures.hitShare} of the objects`);
  return figures;
}

async function warmUp(others: LoadWorker, load: LoadOptions): Promise<void> {
  await others.call('begin', load);
  await delay(settleMs);
  await others.call('end', undefined);
}

async function slowTurns({ metrics }: TestedJob): Promise<Record<string, number>> {
  const { gcPausesOver10Ms, delaysOver10Ms } = await readShardMetrics(metrics);
  return {
    "the shard's collections over 10 ms, preparation included": gcPausesOver10Ms,
    "the shard's event loop late by over 10 ms, samples": delaysOver10Ms,
  };
}
