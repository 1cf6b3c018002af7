import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect, registerJob } from '@satchel/client';
import { formatBytes, SatchelError } from '@satchel/proto/core';
import pMap from 'p-map';
import { FunctionsClient, runStage } from '../../functions-client.js';
import { type Counters, countersOf, JobWatch } from '../../job-watch.js';
import type { Output } from '../../output.js';
import { redisForPeak } from '../../prices.js';
import type { Target } from '../../target.js';
import { addSummaries, emptySummary, type Summary } from './function/checksum.mjs';
import type { ExchangeReport } from './function/exchange.mjs';
import { keys, type SortEvent, type SortResult } from './function/index.mjs';
import { chooseBoundaries } from './function/order.mjs';
import { type Layout, sortBenchmarkLayout } from './function/records.mjs';
import { readSplits } from './input.js';
import type { SortOptions } from './options.js';
import { latencies, type SortReport, type StageReport, tierBytes } from './report.js';
import { OutputCheck } from './verify.js';

type Store = Awaited<ReturnType<typeof connect>>;

const functionName = 'satchel-sort';
/** Memory of a sandbox: a mapper holds its split, its sorted copy and some slack. */
const functionSettings = { memoryMiB: 1024, timeoutSeconds: 600 };

interface Input {
  readonly layout: Layout;
  readonly chunks: readonly number[];
  readonly summary: Summary;
  readonly sample: readonly Buffer[];
}

/**
 * A MapReduce sort whose input splits, shuffle data and output all pass through the store. Rejects unless the output has
 * the input's records in order and the shards' counters agree with the functions'; the job is ended in any case.
 */
export async function runSort(target: Target, options: SortOptions, output: Output): Promise<SortReport> {
  const bytes = await inputBytes(options);
  const job = await registerJob({
    name: 'sort',
    controller: target.controller,
    // Input, shuffle data and output, and what their objects are charged beyond their bytes.
    capacity: 3 * bytes + 2 ** 24,
    functions: Math.max(options.mappers, options.reducers),
  });
  const watch = new JobWatch(target.controller);
  output.say(`job ${job.id}: ${formatBytes(bytes)} with ${options.mappers} map and ${options.reducers} reduce functions`);
  try {
    const store = await connect(job.url);
    try {
      const run = new SortRun(target, { id: job.id, url: job.url }, store, watch, options, output);
      const sorted = await run.run();
      await store.close();
      const ended = await job.end();
      return { ...sorted, dollars: ended?.dollars ?? 0, leftBytes: await watch.heldBytes() };
    } finally {
      store.destroy();
    }
  } finally {
    await job.end().catch(() => {});
    watch.close();
  }
}

async function inputBytes(options: SortOptions): Promise<number> {
  if (options.input === undefined) return options.size;
  return (
    await stat(options.input).catch((error: Error) => {
      throw new SatchelError('invalid-argument', `cannot read --input ${options.input}: ${error.message}`, { cause: error });
    })
  ).size;
}

/** One run of the stages, one after the other. */
class SortRun {
  readonly #functions: FunctionsClient;
  readonly #job: { readonly id: string; readonly url: string };
  readonly #store: Store;
  readonly #watch: JobWatch;
  readonly #options: SortOptions;
  readonly #output: Output;
  readonly #exchanges: ExchangeReport[] = [];
  readonly #stages: StageReport[] = [];
  #counted: Counters = { bytesIn: 0, bytesOut: 0 };

  constructor(
    target: Target,
    job: { id: string; url: string },
    store: Store,
    watch: JobWatch,
    options: SortOptions,
    output: Output,
  ) {
    this.#functions = new FunctionsClient(target.faas);
    this.#job = job;
    this.#store = store;
    this.#watch = watch;
    this.#options = options;
    this.#output = output;
  }

  async run(): Promise<Omit<SortReport, 'dollars' | 'leftBytes'>> {
    const { mappers, reducers } = this.#options;
    await this.#functions.deploy(functionName, fileURLToPath(new URL('./function', import.meta.url)), functionSettings);
    const input = await this.#input();
    await this.#writeBoundaries(input);
    const { layout } = input;
    await this.#stage(
      'map',
      (split) => ({ stage: 'map', split, chunks: input.chunks[split] as number, reducers, layout }),
      mappers,
    );
    const reduced = await this.#stage('reduce', (reducer) => ({ stage: 'reduce', reducer, mappers, layout }), reducers);
    const usage = await this.#watch.usage(this.#job.id);
    const verified = await this.#verify(input, reduced);
    await this.#functions.delete(functionName);
    return {
      job: this.#job.id,
      verified: true,
      output: verified,
      stages: this.#stages,
      shuffleBytes: this.#stages.find(({ stage }) => stage === 'map')?.bytesWritten ?? 0,
      tierBytes: tierBytes(usage),
      peakBytes: usage.peakBytes,
      ...latencies(this.#exchanges),
      redis: redisForPeak(usage.peakBytes),
    };
  }

  async #input(): Promise<Input> {
    const started = performance.now();
    const input = this.#options.input === undefined ? await this.#generate() : await this.#readInput(this.#options.input);
    if (this.#options.input !== undefined)
      await this.#account('input', started, { bytesRead: 0, bytesWritten: input.summary.bytes });
    return input;
  }

  async #generate(): Promise<Input> {
    const { size, mappers, seed, distribution } = this.#options;
    const total = Math.floor(size / 100);
    const first = (split: number) => Math.floor((split * total) / mappers);
    const event = (split: number): SortEvent => ({
      stage: 'generate',
      split,
      firstRecord: first(split),
      records: first(split + 1) - first(split),
      seed,
      distribution,
    });
    const results = await this.#stage('input', event, mappers);
    return {
      layout: sortBenchmarkLayout,
      chunks: results.map((result) => result.chunks),
      summary: results.map((result) => result.summary).reduce(addSummaries, emptySummary),
      sample: results.flatMap((result) => result.sample).map((key) => Buffer.from(key, 'base64')),
    };
  }

  async #readInput(file: string): Promise<Input> {
    const write = (split: number, chunk: number, lines: Buffer) => this.#store.put(keys.input(split, chunk), lines);
    const splits = await readSplits(file, this.#options.mappers, write);
    return {
      layout: { kind: 'lines' },
      chunks: splits.map((split) => split.chunks),
      summary: splits.map((split) => split.summary).reduce(addSummaries, emptySummary),
      sample: splits.flatMap((split) => split.sample).map((key) => Buffer.from(key, 'base64')),
    };
  }

  async #writeBoundaries(input: Input): Promise<void> {
    const boundaries = chooseBoundaries(input.sample, this.#options.reducers).map((key) => key.toString('base64'));
    const value = Buffer.from(JSON.stringify(boundaries));
    await this.#store.put(keys.boundaries, value);
    this.#counted = { ...this.#counted, bytesIn: this.#counted.bytesIn + value.length };
  }

  /** Runs a function once for each of `count` parts side by side, and checks what the shards counted meanwhile. */
  async #stage(stage: 'input' | 'map' | 'reduce', event: (part: number) => SortEvent, count: number): Promise<SortResult[]> {
    const started = performance.now();
    const invocations = Array.from(
      { length: count },
      (_, part) => (signal: AbortSignal) =>
        this.#functions.invoke<SortResult>(functionName, event(part), this.#job.url, `${stage} function ${part}`, signal),
    );
    const results = await runStage(invocations, (finished) => this.#output.say(`  ${stage} ${finished}/${count}`));
    const exchanges = results.map((result) => result.exchange);
    this.#exchanges.push(...exchanges);
    await this.#account(stage, started, {
      bytesRead: exchanges.reduce((sum, exchange) => sum + exchange.bytesRead, 0),
      bytesWritten: exchanges.reduce((sum, exchange) => sum + exchange.bytesWritten, 0),
    });
    return results;
  }

  /** Notes a stage, and throws `failed` if the shards moved other bytes than those who took part say. */
  async #account(
    stage: StageReport['stage'],
    started: number,
    moved: { bytesRead: number; bytesWritten: number },
  ): Promise<void> {
    const milliseconds = performance.now() - started;
    const expected = { bytesIn: this.#counted.bytesIn + moved.bytesWritten, bytesOut: this.#counted.bytesOut + moved.bytesRead };
    const counted = countersOf(await this.#watch.usage(this.#job.id, expected));
    const shardBytesIn = counted.bytesIn - this.#counted.bytesIn;
    const shardBytesOut = counted.bytesOut - this.#counted.bytesOut;
    this.#stages.push({ stage, milliseconds, ...moved, shardBytesIn, shardBytesOut });
    if (shardBytesIn !== moved.bytesWritten || shardBytesOut !== moved.bytesRead) {
      // A shard that was restarted has lost its counters too, and says so when it is asked to count.
      await this.#store.count('');
      throw new SatchelError(
        'failed',
        `stage ${stage}: functions wrote ${moved.bytesWritten} and read ${moved.bytesRead} bytes, the shards counted ${shardBytesIn} and ${shardBytesOut}`,
      );
    }
    this.#counted = expected;
  }

  async #verify(input: Input, reduced: readonly SortResult[]): Promise<Summary> {
    const started = performance.now();
    const names = reduced.flatMap((result, reducer) =>
      Array.from({ length: result.chunks }, (_, chunk) => keys.output(reducer, chunk)),
    );
    const check = new OutputCheck(input.layout);
    for (let at = 0; at < names.length; at += readAhead) {
      const batch = names.slice(at, at + readAhead);
      const chunks = await pMap(batch, (name) => this.#store.get(name));
      for (const [index, chunk] of chunks.entries()) {
        if (chunk === undefined) throw new SatchelError('failed', `the output lacks ${batch[index]}`);
        check.add(chunk, batch[index] as string);
      }
    }
    const verified = check.finish(input.summary);
    await this.#account('verify', started, { bytesRead: verified.bytes, bytesWritten: 0 });
    return verified;
  }
}

/** Output chunks fetched at a time while verifying. */
const readAhead = 4;
