import { formatBytes, type Tier } from '@satchel/proto/core';
import { startRedis } from '../../baselines/redis.js';
import { type MeasureOptions, measure, putAll } from '../../load/measure.js';
import { withServerCpu } from '../../load/server-cpu.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { openSubject, redisChoice, type Subject, type SubjectChoice, satchelChoice } from '../../subjects.js';
import { type JobPlace, openTestedJob } from '../../tested-job.js';

export interface ValuesOptions {
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly tiers: readonly Tier[];
  readonly inFlights: readonly number[];
  /** So many operations in a measurement, more where they are fast, but not for longer than the limit. */
  readonly operations: number;
  readonly limitMs: number;
  /** Whether dram is read in place where that is possible. */
  readonly local: boolean;
}

const operationKinds = ['put', 'get'] as const;
/** Larger values are measured one at a time only: what is in flight would be the machine's memory. */
const concurrentBytesLimit = 64 * 1024;
/** The keys of one size take no more memory than this on any tier. */
const residentLimit = 2 ** 27;
const distinctKeys = 2000;
/** No measurement is shorter, or a few milliseconds of something else would be in it. */
const leastMs = 250;

/** A subject and the processes that serve it. */
interface Served {
  readonly subject: Subject;
  readonly pids: readonly number[];
}

/** Puts and gets of values of all sizes in each tier through the SDK, and through ioredis on Redis, in turns. */
export function runValues(place: JobPlace, options: ValuesOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const subjects: Served[] = [];
    for (const { choice, pids } of await choices(scope, place, options)) {
      subjects.push({ subject: await scope.open(openSubject(choice), (opened) => opened.close()), pids });
    }
    const measurements = options.sizes.flatMap((valueBytes) => measurementsOf(valueBytes, options));
    for (const measurement of measurements.filter(
      ({ operation, inFlight }) => operation === 'put' && inFlight === options.inFlights[0],
    )) {
      for (const { subject } of subjects) await putAll(subject, ownKeys(subject, measurement), 8);
    }
    const works = measurements.map((measurement) => work(subjects, measurement));
    return { rows: await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`)) };
  });
}

async function choices(
  scope: Scope,
  place: JobPlace,
  { tiers, local }: ValuesOptions,
): Promise<{ readonly choice: SubjectChoice; readonly pids: readonly number[] }[]> {
  const job = await openTestedJob(scope, place, { name: 'values' });
  const server = await scope.open(startRedis(), (running) => running.stop());
  const way = satchelChoice(local ? 'satchel-local' : 'satchel', job);
  return [
    ...tiers.map((tier) => ({ choice: { ...way, name: tier, tier }, pids: job.shardPids })),
    { choice: redisChoice('redis', server), pids: [server.pid] },
  ];
}

function measurementsOf(valueBytes: number, { inFlights, operations, limitMs }: ValuesOptions): MeasureOptions[] {
  const value = Buffer.alloc(valueBytes, 'x');
  const keys = Math.max(1, Math.min(distinctKeys, operations, Math.floor(residentLimit / valueBytes)));
  return inFlights
    .filter((_, index) => index === 0 || valueBytes <= concurrentBytesLimit)
    .flatMap((inFlight) =>
      operationKinds.map((operation) => ({
        operation,
        operations,
        leastMs,
        limitMs,
        inFlight,
        value,
        keys,
        prefix: `${valueBytes}:`,
      })),
    );
}

/** All tiers belong to one job: a put of the same key would move the object to another tier. */
function ownKeys({ name }: Subject, measurement: MeasureOptions): MeasureOptions {
  return { ...measurement, prefix: `${name}:${measurement.prefix}` };
}

/** Every tier beside Redis, and the slower tiers beside dram. */
function work(subjects: readonly Served[], measurement: MeasureOptions): Work {
  const names = subjects.map(({ subject }) => subject.name);
  const contestants = subjects.map(({ subject, pids }) => ({
    name: subject.name,
    against:
      subject.name === 'redis' ? [] : names.filter((name) => name === 'redis' || (name === 'dram' && subject.name !== 'dram')),
    run: () => withServerCpu(pids, () => measure(subject, ownKeys(subject, measurement))),
  }));
  const { operation, value, inFlight } = measurement;
  return { name: `${operation} ${formatBytes(value.length)}, ${inFlight} in flight`, contestants };
}
