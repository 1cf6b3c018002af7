import { SatchelError } from '@satchel/proto/core';
import { percentileFigures } from '../figures.js';
import { latencyHistogram, percentilesOf } from '../statistics.js';
import type { Subject } from '../subjects.js';
import type { LoadFigures } from './server-cpu.js';

/** One measurement. */
export interface MeasureOptions {
  readonly operation: 'put' | 'get';
  /** At least so many operations, and for at least so long; but not for longer than the limit. */
  readonly operations: number;
  readonly leastMs: number;
  readonly limitMs: number;
  readonly inFlight: number;
  readonly value: Buffer;
  /** Distinct keys, which are used in turns. */
  readonly keys: number;
  readonly prefix: string;
}

/** Runs puts or gets, always `inFlight` at a time, and measures each. A get must return what the put of its key stored, by its length. */
export async function measure(subject: Subject, options: MeasureOptions): Promise<LoadFigures> {
  const { operation, inFlight, value, keys, prefix } = options;
  const histogram = latencyHistogram();
  const names = Array.from({ length: keys }, (_, index) => `${prefix}${index}`);
  const startedMs = performance.now();
  const localBefore = subject.localGets();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; goesOn(options, at, performance.now() - startedMs); at = next++) {
      const key = names[at % names.length] as string;
      const started = process.hrtime.bigint();
      if (operation === 'put') await subject.put(key, value);
      else checkLength(subject, key, await subject.get(key), value.length);
      histogram.recordValue(Number(process.hrtime.bigint() - started));
    }
  };
  const cpuBefore = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const cpu = process.cpuUsage(cpuBefore);
  const count = histogram.totalCount;
  const perSecond = (count / (performance.now() - startedMs)) * 1000;
  const localGets = subject.localGets();
  return {
    operations: count,
    ...percentileFigures(percentilesOf(histogram)),
    operationsPerSecond: perSecond,
    bytesPerSecond: perSecond * value.length,
    clientCpuUs: (cpu.user + cpu.system) / count,
    ...(localGets !== undefined && operation === 'get' ? { localShare: (localGets - (localBefore ?? 0)) / count } : {}),
  };
}

function goesOn({ operations, leastMs, limitMs }: MeasureOptions, done: number, elapsedMs: number): boolean {
  return (done < operations || elapsedMs < leastMs) && elapsedMs < limitMs;
}

/** Puts every key of a measurement once. */
export async function putAll(subject: Subject, { keys, prefix, value }: MeasureOptions, inFlight = 16): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < keys; at = next++) await subject.put(`${prefix}${at}`, value);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, keys) }, worker));
}

function checkLength(subject: Subject, key: string, found: Buffer | null | undefined, wanted: number): void {
  if (found?.length === wanted) return;
  throw new SatchelError('failed', `${subject.name} returned ${found?.length ?? 'no'} bytes of ${key} instead of ${wanted}`);
}
