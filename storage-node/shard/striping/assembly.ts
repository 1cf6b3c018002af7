import { chunkKey, chunkParts, limits, SatchelError, shardOfSlot, slotOf } from '@satchel/proto/core';
import type { ShardJob } from '../job.js';
import { firstElement, isError, lengthAt } from '../reply-version.js';
import type { StripedValue } from './striped-value.js';

/** Bytes of chunks asked for at a time for one value. */
const windowBytes = 32 * 1024 * 1024;
const dollar = 0x24;

/** Throws `too-large` for what only a client can put together. */
export function assertAssemblable({ from, to }: Pick<StripedValue, 'from' | 'to'>): void {
  if (to - from <= limits.valueBytes) return;
  throw new SatchelError(
    'too-large',
    `the value is striped and this reads ${to - from} bytes of it at once, the limit is ${limits.valueBytes}; read it in ranges (GETRANGE) or through the SDK`,
  );
}

/**
 * Reads the chunks of a striped value, several at a time, from the shards that have them, into what `target` names at the
 * moment they come. Rejects with `gone` if the version is not there any more.
 */
export async function assemble(job: ShardJob, value: StripedValue, target: () => Buffer, targetStart: number): Promise<void> {
  const parts = chunkParts(value, value.from, value.to);
  const lanes = Math.max(1, Math.min(64, Math.floor(windowBytes / value.chunkBytes)));
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const part of parts) {
      if (failed) return;
      const at = targetStart + part.index * value.chunkBytes + part.from - value.from;
      await fetchPart(job, value, part, target, at);
    }
  };
  const read = async (): Promise<void> => {
    try {
      await lane();
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  // All have settled before the first failure is told: none goes on writing into a target that is somebody else's.
  const outcomes = await Promise.allSettled(Array.from({ length: lanes }, read));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** A striped value in a buffer of its own, once there is room for it. */
export async function assembled(job: ShardJob, value: StripedValue): Promise<Buffer> {
  assertAssemblable(value);
  return whileHolding(job, value.to - value.from, async () => {
    const bytes = Buffer.allocUnsafeSlow(value.to - value.from);
    await assemble(job, value, () => bytes, 0);
    return bytes;
  });
}

/** Runs `use` with `bytes` of the shard's memory for putting values together. */
export async function whileHolding<Result>(job: ShardJob, bytes: number, use: () => Promise<Result>): Promise<Result> {
  const { assemblyBytes } = job.striping.calls;
  await assemblyBytes.take(bytes);
  try {
    return await use();
  } finally {
    assemblyBytes.release(bytes);
  }
}

function fetchPart(
  job: ShardJob,
  value: StripedValue,
  { index, from, to }: { readonly index: number; readonly from: number; readonly to: number },
  target: () => Buffer,
  at: number,
): Promise<void> {
  const key = chunkKey({ version: value.version, index, key: value.key });
  const shard = shardOfSlot(job.configuration, slotOf(key));
  return new Promise((resolve, reject) => {
    job.striping.calls.send(job, shard, ['SATCHEL.STRIPEGET', key, String(from), String(to)], (bytes, start, end) => {
      if (isError(bytes, start)) return reject(SatchelError.fromRespLine(bytes.toString('utf8', start + 1, end).trimEnd()));
      if (bytes[start] !== dollar || lengthAt(bytes, start) < 0) return reject(replacedError());
      const body = firstElement(bytes, start);
      if (lengthAt(bytes, start) !== to - from) return reject(new SatchelError('internal', `chunk ${index} is not whole`));
      bytes.copy(target(), at, body, body + to - from);
      resolve();
    });
  });
}

/** The error of a reader whose version is not there any more. */
export function replacedError(): SatchelError {
  return new SatchelError('gone', 'the object was replaced or removed while it was read; read it again');
}
