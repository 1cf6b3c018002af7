import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { formatJobUrl, SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { startRedis } from '../../baselines/redis.js';
import type { Figures } from '../../figures.js';
import { type LoadWorker, startLoadWorker } from '../../load/load-worker.js';
import { withServerCpu } from '../../load/server-cpu.js';
import type { LoadOptions } from '../../load/steady-load.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { type Contestant, runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { readShardMetrics } from '../../shard-metrics.js';
import { redisChoice, type SubjectChoice, satchelChoice } from '../../subjects.js';
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
  /** Whether the same goes on at Redis, too, but what Redis has not: deletion by prefix. */
  readonly redis: boolean;
}

/** What goes on beside the others' gets. */
interface Nuisance {
  /** Before each round, unmeasured. */
  prepare?(): Promise<unknown>;
  /** Resolves when it is over; what it resolves to must not be 0, or it did nothing. */
  run(): Promise<number>;
}

/** A server with the others and the one that does something large. */
interface Bed {
  readonly name: 'satchel' | 'redis';
  readonly url: string;
  readonly pids: readonly number[];
  readonly others: LoadWorker;
  readonly troublemaker: LoadWorker;
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
    const beds = [await makeBed(scope, 'satchel', job.url, job.shardPids, satchelChoice('satchel', job))];
    if (options.redis) beds.push(await makeRedisBed(scope));
    for (const bed of beds) await prepare(bed, options, output);
    const works = options.disturbances.map((disturbance) => work(disturbance, beds, options));
    const rows = await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`));
    return { rows, facts: job.metrics.length > 0 ? { ...(await slowTurns(job)) } : {} };
  });
}

async function makeBed(
  scope: Scope,
  name: Bed['name'],
  url: string,
  pids: readonly number[],
  choice: SubjectChoice,
): Promise<Bed> {
  const others = await startLoadWorker(scope, choice);
  const troublemaker = await startLoadWorker(scope, choice);
  // What the others notice is to come from the server, not from a lack of cores.
  setPriority(troublemaker.pid, constants.priority.PRIORITY_LOW);
  return { name, url, pids, others, troublemaker };
}

async function makeRedisBed(scope: Scope): Promise<Bed> {
  const server = await scope.open(startRedis(), (opened) => opened.stop());
  const { host, port, pid } = server;
  const user = { job: 'bench', token: 'bench' };
  const redis = new Redis({ host, port });
  await redis.acl('SETUSER', user.job, 'on', `>${user.token}`, 'allkeys', '+@all');
  redis.disconnect();
  return makeBed(scope, 'redis', formatJobUrl({ ...user, host, port, tls: false }), [pid], redisChoice('redis', server));
}

async function prepare({ name, url, others, troublemaker }: Bed, options: FairnessOptions, output: Output): Promise<void> {
  await troublemaker.call('store', { url, prefix: 'others:', count: othersKeys, valueBytes: othersValueBytes });
  await others.call('put', { key: largeKey, valueBytes: largeBytes });
  if (!options.disturbances.includes('scan')) return;
  output.say(`  storing ${options.scannedKeys.toLocaleString('en')} objects to be scanned in ${name}`);
  await troublemaker.call('store', { url, prefix: 'scanned:', count: options.scannedKeys, valueBytes: smallBytes });
}

/** What goes on at one server. */
function nuisanceAt({ url, others, troublemaker }: Bed, disturbance: Disturbance, options: FairnessOptions): Nuisance {
  const { deletedKeys, pipelined, ms } = options;
  switch (disturbance) {
    case 'delete':
      return {
        prepare: () => troublemaker.call('store', { url, prefix: 'deleted:', count: deletedKeys, valueBytes: smallBytes }),
        run: () => troublemaker.call('deletePrefix', 'deleted:'),
      };
    case 'scan':
      return { run: () => troublemaker.call('listFor', { prefix: 'scanned:', forMs: ms }) };
    case 'waits':
      return { run: () => held(others, options) };
    case 'neighbour':
      return { run: () => held(troublemaker, options) };
    case 'pipeline': {
      const what = { url, prefix: 'others:', count: pipelined, valueBytes: othersValueBytes, stored: othersKeys };
      return { run: () => troublemaker.call('readFor', { ...what, forMs: ms }) };
    }
  }
}

function nameOf(disturbance: Disturbance, { deletedKeys, scannedKeys, waits, pipelined }: FairnessOptions): string {
  const waitsAndGets = `${waits.toLocaleString('en')} waits and 1 MiB gets`;
  const names: Record<Disturbance, string> = {
    delete: `DELPREFIX of ${deletedKeys.toLocaleString('en')}`,
    scan: `SCAN of ${scannedKeys.toLocaleString('en')}`,
    waits: `${waitsAndGets} on the same store`,
    neighbour: `${waitsAndGets} of another process`,
    pipeline: `a pipeline of ${pipelined.toLocaleString('en')} gets`,
  };
  return `gets beside ${names[disturbance]}`;
}

async function held(worker: LoadWorker, { waits, ms }: FairnessOptions): Promise<number> {
  await worker.call('hold', { waits, largeKey });
  await delay(ms);
  return worker.call('letGo', undefined);
}

function work(disturbance: Disturbance, beds: readonly Bed[], options: FairnessOptions): Work {
  const able = disturbance === 'delete' ? beds.filter(({ name }) => name === 'satchel') : beds;
  return { name: nameOf(disturbance, options), contestants: able.flatMap((bed) => contestantsAt(bed, disturbance, options)) };
}

function contestantsAt(bed: Bed, disturbance: Disturbance, options: FairnessOptions): Contestant[] {
  const { ms, inFlight } = options;
  const nuisance = nuisanceAt(bed, disturbance, options);
  const load = { mix: 'get', prefix: 'others:', keys: othersKeys, valueBytes: othersValueBytes, inFlight } as const;
  const suffix = bed.name === 'redis' ? ', redis' : '';
  const beside = async () => {
    await nuisance.prepare?.();
    return measured(bed, load, () => nuisance.run());
  };
  return [
    { name: `beside${suffix}`, against: [`alone${suffix}`], run: beside },
    { name: `alone${suffix}`, against: [], run: () => measured(bed, load, () => delay(ms, 1)) },
  ];
}

/** The others' figures while something goes on. */
async function measured({ pids, others }: Bed, load: LoadOptions, during: () => Promise<number>): Promise<Figures> {
  await warmUp(others, load);
  let done = 0;
  const figures = await withServerCpu(pids, async () => {
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
