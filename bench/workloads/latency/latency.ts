import { formatBytes } from '@satchel/proto/core';
import { startRedis } from '../../baselines/redis.js';
import { type MeasureOptions, measure, putAll } from '../../load/measure.js';
import { withServerCpu } from '../../load/server-cpu.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { type Contestant, runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import {
  openSubject,
  type RedisName,
  redisChoice,
  type SatchelName,
  type Subject,
  type SubjectChoice,
  satchelChoice,
} from '../../subjects.js';
import { type JobPlace, openTestedJob } from '../../tested-job.js';

export interface LatencyOptions {
  readonly rounds: number;
  /** Operations of each kind in a round: more where they are fast, fewer where values are large. */
  readonly operations: number;
  readonly sizes: readonly number[];
  readonly inFlights: readonly number[];
  readonly ways: readonly SatchelName[];
  readonly against: readonly RedisName[];
}

/** A subject and the processes that serve it. */
interface Served {
  readonly subject: Subject;
  readonly pids: readonly number[];
}

const operationKinds = ['put', 'get'] as const;
const distinctKeys = 10_000;
/** No measurement is shorter, or a few milliseconds of something else would be in it; and none much longer. */
const leastMs = 250;
const limitMs = 5000;
/** The keys of one size take no more memory than this. */
const residentLimit = 2 ** 27;

/** Puts and gets through the SDK, and the same through each compared client, in turns within every round, in this process. */
export function runLatency(place: JobPlace, options: LatencyOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const subjects: Served[] = [];
    for (const { choice, pids } of await choices(scope, place, options)) {
      subjects.push({ subject: await scope.open(openSubject(choice), (opened) => opened.close()), pids });
    }
    const works = options.sizes.flatMap((valueBytes) =>
      options.inFlights.flatMap((inFlight) =>
        operationKinds.map((operation) => work(subjects, { ...measurement(valueBytes, options), operation, inFlight }, options)),
      ),
    );
    for (const valueBytes of options.sizes) {
      for (const { subject } of subjects) await putAll(subject, measurement(valueBytes, options));
    }
    return { rows: await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`)) };
  });
}

async function choices(
  scope: Scope,
  place: JobPlace,
  { ways, against }: LatencyOptions,
): Promise<{ readonly choice: SubjectChoice; readonly pids: readonly number[] }[]> {
  const job = await openTestedJob(scope, place, { name: 'latency', latencySensitive: true });
  const ours = ways.map((way) => ({ choice: satchelChoice(way, job), pids: job.shardPids }));
  if (against.length === 0) return ours;
  const server = await scope.open(startRedis(), (running) => running.stop());
  return [...ours, ...against.map((name) => ({ choice: redisChoice(name, server), pids: [server.pid] }))];
}

function measurement(valueBytes: number, { operations }: LatencyOptions): MeasureOptions {
  const most = (bytes: number) => Math.max(1, Math.floor(bytes / valueBytes));
  return {
    operation: 'put',
    operations,
    leastMs: Math.min(leastMs, operations),
    limitMs,
    inFlight: 1,
    value: Buffer.alloc(valueBytes, 'x'),
    keys: Math.min(distinctKeys, operations, most(residentLimit)),
    prefix: `latency:${valueBytes}:`,
  };
}

function work(subjects: readonly Served[], options: MeasureOptions, { against }: LatencyOptions): Work {
  const contestants = subjects.map(({ subject, pids }): Contestant => {
    const isOurs = !against.some((name) => name === subject.name);
    return {
      name: subject.name,
      against: isOurs ? against : [],
      run: () => withServerCpu(pids, () => measure(subject, options)),
    };
  });
  return { name: `${options.operation} ${formatBytes(options.value.length)}, ${options.inFlight} in flight`, contestants };
}
