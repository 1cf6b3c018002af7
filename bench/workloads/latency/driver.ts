import { latencyHistogram, type Percentiles, percentilesOf } from '../../statistics.js';

/** A store under the latency benchmark: Satchel or what it is compared with, driven the same way. */
export interface Subject {
  readonly name: string;
  put(key: string, value: Buffer): Promise<unknown>;
  get(key: string): Promise<Buffer | null | undefined>;
  close(): Promise<void>;
}

export interface Measurement {
  readonly latency: Percentiles;
  readonly operationsPerSecond: number;
}

const distinctKeys = 10_000;

/** Runs `operations` puts or gets, always `inFlight` at a time, and measures each. Gets read what puts wrote. */
export async function measure(
  subject: Subject,
  operation: 'put' | 'get',
  operations: number,
  inFlight: number,
  value: Buffer,
): Promise<Measurement> {
  const histogram = latencyHistogram();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < operations) {
      const key = `latency:${next++ % distinctKeys}`;
      const started = process.hrtime.bigint();
      if (operation === 'put') await subject.put(key, value);
      else if ((await subject.get(key))?.length !== value.length)
        throw new Error(`${subject.name} returned another value of ${key} than was put`);
      histogram.recordValue(Number(process.hrtime.bigint() - started));
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { latency: percentilesOf(histogram), operationsPerSecond: (operations / (performance.now() - started)) * 1000 };
}
