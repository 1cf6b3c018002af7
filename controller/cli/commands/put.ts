import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { formatBytes, SatchelError, type Tier, tiers } from '@satchel/proto/core';
import { type Command, Option } from 'commander';
import { durationMsArgument, wholeNumber } from '../arguments.js';
import type { CliProcess } from '../context.js';
import { newDataCommand, withStore } from '../data-command.js';
import type { OpenStore, StoreAs } from '../store.js';

interface PutOptions {
  readonly ttl?: number;
  readonly ifAbsent?: boolean;
  readonly tier?: Tier;
  readonly persist?: boolean;
  readonly reads?: number;
  readonly attempt?: number;
  readonly stripe?: boolean;
}

/** Bytes of a file read at a time. */
const pieceBytes = 1024 * 1024;

/** The greatest number of reads, and of an attempt, that a shard takes. */
const mostCount = 2 ** 31 - 1;

/** `put KEY [FILE|-]`: stores a file or standard input as one object. */
export function addPut(parent: Command, io: CliProcess, open?: OpenStore): void {
  newDataCommand(parent, 'put <key> [file]', 'store a file, or standard input, as an object')
    .option('--ttl <duration>', 'how long the object lives', durationMsArgument)
    .option('--if-absent', 'fail if the key exists')
    .addOption(new Option('--tier <tier>', 'tier to put it in').choices([...tiers]))
    .option('--persist', "keep it in the object tier beyond the job's end")
    .option('--reads <count>', 'the object goes with this many reads', wholeNumber(1, mostCount))
    .option('--attempt <number>', 'attempt of a task; a put of another attempt is refused', wholeNumber(0, mostCount))
    .option('--stripe', "split it over the job's shards, as is done with what is over 512MiB")
    .action((key: string, file: string | undefined, options: PutOptions, command: Command) =>
      put(key, file ?? '-', options, command, io, open),
    );
}

async function put(
  key: string,
  file: string,
  options: PutOptions,
  command: Command,
  io: CliProcess,
  open: OpenStore | undefined,
): Promise<void> {
  const { ttl, ...rest } = options;
  const as: StoreAs = { ...pick(rest), ...(ttl !== undefined && { ttlMs: ttl }) };
  await withStore(
    command,
    io,
    async (store, context) => {
      const known = await sizeOf(file);
      let size = 0;
      const pieces = piecesOf(file, io, (bytes) => {
        size += bytes;
      });
      const stored = await store.put(key, pieces, known === undefined ? as : { ...as, size: known });
      if (!stored) throw new SatchelError('failed', `object '${key}' exists already`);
      context.output.result({ key, size }, () => `${key}: ${formatBytes(size)}`);
    },
    open,
  );
}

function pick({ ifAbsent, tier, persist, reads, attempt, stripe }: Omit<PutOptions, 'ttl'>): StoreAs {
  return {
    ...(ifAbsent !== undefined && { ifAbsent }),
    ...(tier !== undefined && { tier }),
    ...(persist !== undefined && { persist }),
    ...(reads !== undefined && { reads }),
    ...(attempt !== undefined && { attempt }),
    ...(stripe !== undefined && { stripe }),
  };
}

/** Bytes of a regular file; undefined for standard input and whatever else has no size. */
async function sizeOf(file: string): Promise<number | undefined> {
  if (file === '-') return undefined;
  const about = await stat(file);
  if (about.isDirectory()) throw new SatchelError('invalid-argument', `'${file}' is a folder; an object is one file`);
  return about.isFile() ? about.size : undefined;
}

/** The bytes of a file or of standard input as they are read; `counted` is told how many each time. */
async function* piecesOf(file: string, io: CliProcess, counted: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = file === '-' ? io.stdin : createReadStream(file, { highWaterMark: pieceBytes });
  for await (const chunk of source) {
    const piece = Buffer.from(chunk);
    counted(piece.length);
    yield piece;
  }
}
