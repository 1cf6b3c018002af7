import { connect, registerJob } from '@satchel/client';
import { formatDuration, SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../baselines/redis.js';
import type { Output } from '../../output.js';
import { median } from '../../statistics.js';
import type { Target } from '../../target.js';
import { type Measurement, measure, type Subject } from './driver.js';

export interface LatencyOptions {
  readonly against: readonly string[];
  readonly rounds: number;
  readonly operations: number;
  readonly valueBytes: number;
}

/** Medians over the rounds of one kind of work on one subject. Times in milliseconds. */
export interface LatencyRow {
  readonly subject: string;
  readonly operation: 'put' | 'get';
  readonly inFlight: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly operationsPerSecond: number;
  /** Median over the rounds of p50 divided by that of the first other subject in the same round. */
  readonly p50Ratio?: number;
}

const inFlights = [1, 64] as const;
const operationKinds = ['put', 'get'] as const;

/** Puts and gets through the SDK, and the same through each compared client, the subjects taking turns within every round. */
export async function runLatency(target: Target, options: LatencyOptions, output: Output): Promise<LatencyRow[]> {
  const subjects: Subject[] = [];
  const servers: RedisServer[] = [];
  const job = await registerJob({ name: 'latency', controller: target.controller, latencySensitive: true, capacity: '64MiB' });
  try {
    subjects.push(await satchelSubject(job.url));
    for (const name of options.against) subjects.push(await comparedSubject(name, servers));
    const rows = await runRounds(subjects, options, output);
    print(rows, output);
    return rows;
  } finally {
    for (const subject of subjects) await subject.close();
    for (const server of servers) await server.stop();
    await job.end();
  }
}

async function satchelSubject(url: string): Promise<Subject> {
  const store = await connect(url);
  return {
    name: 'satchel',
    put: (key, value) => store.put(key, value),
    get: (key) => store.get(key),
    close: () => store.close(),
  };
}

async function comparedSubject(name: string, servers: RedisServer[]): Promise<Subject> {
  if (name !== 'redis') throw new SatchelError('invalid-argument', `--against ${name}: only redis can be compared with`);
  const server = await startRedis();
  servers.push(server);
  const redis = new Redis(server.port, server.host);
  return {
    name,
    put: (key, value) => redis.set(key, value),
    get: (key) => redis.getBuffer(key),
    close: async () => void (await redis.quit()),
  };
}

async function runRounds(subjects: readonly Subject[], options: LatencyOptions, output: Output): Promise<LatencyRow[]> {
  const value = Buffer.alloc(options.valueBytes, 'x');
  for (const subject of subjects) await measure(subject, 'put', options.operations, 16, value);
  const measured = new Map<string, Measurement[]>();
  for (let round = 1; round <= options.rounds; round++) {
    for (const inFlight of inFlights) {
      for (const operation of operationKinds) {
        for (const subject of subjects) {
          const measurement = await measure(subject, operation, options.operations, inFlight, value);
          const key = `${subject.name} ${operation} ${inFlight}`;
          measured.set(key, [...(measured.get(key) ?? []), measurement]);
        }
      }
    }
    output.say(`  round ${round}/${options.rounds}`);
  }
  const of = (subject: Subject, operation: string, inFlight: number) =>
    measured.get(`${subject.name} ${operation} ${inFlight}`) ?? [];
  return inFlights.flatMap((inFlight) =>
    operationKinds.flatMap((operation) =>
      subjects.map((subject, index) =>
        summarize(
          subject.name,
          operation,
          inFlight,
          of(subject, operation, inFlight),
          index === 0 && subjects[1] ? of(subjects[1], operation, inFlight) : undefined,
        ),
      ),
    ),
  );
}

function summarize(
  subject: string,
  operation: 'put' | 'get',
  inFlight: number,
  rounds: readonly Measurement[],
  others: readonly Measurement[] | undefined,
): LatencyRow {
  const medianOf = (value: (measurement: Measurement) => number) => median(rounds.map(value));
  const ratios = others?.map((other, round) => (rounds[round]?.latency.p50 ?? Number.NaN) / other.latency.p50);
  return {
    subject,
    operation,
    inFlight,
    p50: medianOf(({ latency }) => latency.p50),
    p99: medianOf(({ latency }) => latency.p99),
    p999: medianOf(({ latency }) => latency.p999),
    operationsPerSecond: medianOf(({ operationsPerSecond }) => operationsPerSecond),
    ...(ratios ? { p50Ratio: median(ratios) } : {}),
  };
}

function print(rows: readonly LatencyRow[], output: Output): void {
  output.table(
    ['', 'in flight', '', 'p50', 'p99', 'p99.9', 'op/s', 'p50 ratio'],
    rows.map((row) => [
      row.operation,
      String(row.inFlight),
      row.subject,
      formatDuration(row.p50),
      formatDuration(row.p99),
      formatDuration(row.p999),
      Math.round(row.operationsPerSecond).toLocaleString('en'),
      row.p50Ratio?.toFixed(2) ?? '',
    ]),
  );
}
