import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { startRedis } from '../../baselines/redis.js';
import { type Figures, percentileFigures } from '../../figures.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { runRounds } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { latencyHistogram, percentilesOf } from '../../statistics.js';
import { openSubject, type RedisName, redisChoice, type SatchelName, type SubjectChoice, satchelChoice } from '../../subjects.js';
import { type JobPlace, openTestedJob } from '../../tested-job.js';
import { Worker } from '../../worker.js';
import type { ReceiverFunctions } from './receiver.js';

export interface HandoffOptions {
  readonly rounds: number;
  /** Values that are handed over in a round. */
  readonly handoffs: number;
  /** The sender is idle for so long before each put. */
  readonly pauseMs: number;
  readonly valueBytes: number;
  readonly ways: readonly SatchelName[];
  readonly against: readonly Exclude<RedisName, 'redis-pipelined'>[];
}

/** One way from a sender in this process to a receiver in another. */
interface Passage {
  readonly name: string;
  readonly receiver: Worker<ReceiverFunctions>;
  send(key: string, value: Buffer): Promise<unknown>;
}

/** From the call of a put here to its value in another process that waits for it; both read the same monotonic clock of the machine. */
export function runHandoff(place: JobPlace, options: HandoffOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const passages: Passage[] = [];
    for (const choice of await choices(scope, place, options)) passages.push(await openPassage(scope, choice));
    const contestants = passages.map((passage) => {
      const isOurs = options.ways.some((way) => way === passage.name);
      return { name: passage.name, against: isOurs ? options.against : [], run: () => handOver(passage, options) };
    });
    const name = `${formatBytes(options.valueBytes)} from put to waiter`;
    const rows = await runRounds([{ name, contestants }], options.rounds, (round) =>
      output.say(`  round ${round}/${options.rounds}`),
    );
    return { rows };
  });
}

async function choices(scope: Scope, place: JobPlace, { ways, against }: HandoffOptions): Promise<SubjectChoice[]> {
  const job = await openTestedJob(scope, place, { name: 'handoff', latencySensitive: true });
  const server = against.length > 0 ? await scope.open(startRedis(), (running) => running.stop()) : undefined;
  return [...ways.map((way) => satchelChoice(way, job)), ...(server ? against.map((name) => redisChoice(name, server)) : [])];
}

async function openPassage(scope: Scope, choice: SubjectChoice): Promise<Passage> {
  const receiver = await scope.open(new Worker<ReceiverFunctions>(new URL('./receiver.js', import.meta.url)), (opened) =>
    opened.close(),
  );
  await receiver.call('open', choice);
  return { name: choice.name, receiver, send: await openSender(scope, choice) };
}

/** Redis has no wait for a key: there the value is pushed to a list and popped by a receiver that blocks on it. */
async function openSender(scope: Scope, choice: SubjectChoice): Promise<Passage['send']> {
  if (choice.kind === 'satchel') {
    const subject = await scope.open(openSubject(choice), (opened) => opened.close());
    return (key, value) => subject.put(key, value);
  }
  const { host, port, path } = choice;
  const redis = await scope.open(new Redis(path === undefined ? { host, port } : { path }), (opened) => opened.disconnect());
  return (key, value) => redis.rpush(key, value);
}

async function handOver({ receiver, send }: Passage, { handoffs, pauseMs, valueBytes }: HandoffOptions): Promise<Figures> {
  const histogram = latencyHistogram();
  const round = process.hrtime.bigint();
  for (let number = 0; number < handoffs; number++) {
    const key = `handoff:${round}:${number}`;
    await receiver.call('arm', key);
    const arrived = receiver.call('arrived', undefined);
    await delay(pauseMs);
    const value = Buffer.alloc(valueBytes);
    value.writeBigUInt64LE(process.hrtime.bigint());
    const [, nanoseconds] = await Promise.all([send(key, value), arrived]);
    histogram.recordValue(nanoseconds);
  }
  return percentileFigures(percentilesOf(histogram));
}
