import { open } from 'node:fs/promises';
import { SatchelError } from '@satchel/proto/core';
import { addSummaries, emptySummary, type Summary, summarize } from './function/checksum.mjs';
import { chunkBytes, sampledKeys, sampleKeys } from './function/index.mjs';
import { Records } from './function/records.mjs';

const newline = 0x0a;

/** A split that was written to the store: how many chunks it has, and what is in it. */
export interface WrittenSplit {
  readonly chunks: number;
  readonly summary: Summary;
  readonly sample: readonly string[];
}

/**
 * Reads a file in chunks of about `chunkBytes` cut after a newline, and hands each to `write` with the number of its
 * split and its place there. A last line without newline is given one. Empty files have no lines and are refused.
 */
export async function readSplits(
  file: string,
  splits: number,
  write: (split: number, chunk: number, lines: Buffer) => Promise<unknown>,
): Promise<WrittenSplit[]> {
  const handle = await open(file).catch((error: Error) => {
    throw new SatchelError('invalid-argument', `cannot read --input ${file}: ${error.message}`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    if (size === 0) throw new SatchelError('invalid-argument', `--input ${file} is empty; there is nothing to sort`);
    const written: WrittenSplit[] = Array.from({ length: splits }, () => ({ chunks: 0, summary: emptySummary, sample: [] }));
    let position = 0;
    for await (const lines of wholeLines(handle.createReadStream({ autoClose: false, highWaterMark: chunkBytes }))) {
      const split = Math.min(splits - 1, Math.floor((position / size) * splits));
      written[split] = await addChunk(written[split] as WrittenSplit, lines, (chunk) => write(split, chunk, lines));
      position += lines.length;
    }
    return written;
  } finally {
    await handle.close();
  }
}

async function addChunk(split: WrittenSplit, lines: Buffer, write: (chunk: number) => Promise<unknown>): Promise<WrittenSplit> {
  const records = new Records(lines, { kind: 'lines' });
  await write(split.chunks);
  return {
    chunks: split.chunks + 1,
    summary: addSummaries(split.summary, summarize(records)),
    sample: [...split.sample, ...sampleKeys(records, sampledKeys)],
  };
}

/** Regroups a byte stream so that each buffer ends with a newline. */
async function* wholeLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of stream) {
    const cut = chunk.lastIndexOf(newline) + 1;
    if (cut === 0) {
      rest.push(chunk);
      continue;
    }
    yield Buffer.concat([...rest, chunk.subarray(0, cut)]);
    rest = cut < chunk.length ? [chunk.subarray(cut)] : [];
  }
  if (rest.length > 0) yield Buffer.concat([...rest, Buffer.from('\n')]);
}
