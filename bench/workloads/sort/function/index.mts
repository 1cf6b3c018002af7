import { addSummaries, emptySummary, type Summary, summarize } from './checksum.mjs';
import { Exchange, type ExchangeReport } from './exchange.mjs';
import { type Distribution, generateRecords } from './generate.mjs';
import { mergeRuns } from './merge.mjs';
import { gather, partitionStarts, sortedOrder } from './order.mjs';
import { type Layout, Records, sortBenchmarkLayout } from './records.mjs';

/** Writes one input split of generated records. */
export interface GenerateEvent {
  readonly stage: 'generate';
  readonly split: number;
  readonly firstRecord: number;
  readonly records: number;
  readonly seed: number;
  readonly distribution: Distribution;
}
/** Sorts one input split and writes one object per reducer. */
export interface MapEvent {
  readonly stage: 'map';
  readonly split: number;
  readonly chunks: number;
  readonly reducers: number;
  readonly layout: Layout;
}
/** Merges what all mappers wrote for one reducer and writes its part of the output. */
export interface ReduceEvent {
  readonly stage: 'reduce';
  readonly reducer: number;
  readonly mappers: number;
  readonly layout: Layout;
}
export type SortEvent = GenerateEvent | MapEvent | ReduceEvent;

/** What a stage's function returns. */
export interface SortResult {
  readonly summary: Summary;
  /** Objects written: chunks of the split or of the output. */
  readonly chunks: number;
  /** Keys drawn from a generated split, base64. */
  readonly sample: readonly string[];
  readonly exchange: ExchangeReport;
}

/** Input and output are written in objects of about this size. */
export const chunkBytes = 8 * 1024 * 1024;
/** Keys drawn from each split to find the reducers' ranges. */
export const sampledKeys = 1000;

/** Where things lie in the store. */
export const keys = {
  input: (split: number, chunk: number) => `input/${pad(split)}/${pad(chunk)}`,
  shuffle: (split: number, reducer: number) => `shuffle/${pad(split)}/${pad(reducer)}`,
  output: (reducer: number, chunk: number) => `output/${pad(reducer)}/${pad(chunk)}`,
  boundaries: 'boundaries',
};

function pad(number: number): string {
  return String(number).padStart(5, '0');
}

export async function handler(event: SortEvent): Promise<SortResult> {
  const exchange = await Exchange.open();
  if (event.stage === 'generate') return generate(event, exchange);
  return event.stage === 'map' ? map(event, exchange) : reduce(event, exchange);
}

async function generate(event: GenerateEvent, exchange: Exchange): Promise<SortResult> {
  const layout = sortBenchmarkLayout as Layout & { kind: 'fixed' };
  const perChunk = Math.floor(chunkBytes / layout.recordBytes);
  let summary = emptySummary;
  let chunks = 0;
  const sample: string[] = [];
  for (let done = 0; done < event.records; done += perChunk) {
    const count = Math.min(perChunk, event.records - done);
    const buffer = generateRecords(layout, event.firstRecord + done, count, event.seed, event.distribution);
    const records = new Records(buffer, layout);
    summary = addSummaries(summary, summarize(records));
    sample.push(...sampleKeys(records, Math.ceil((sampledKeys * count) / event.records)));
    await exchange.put(keys.input(event.split, chunks++), buffer);
  }
  return { summary, chunks, sample, exchange: exchange.report() };
}

/** `wanted` keys at even distances, base64. */
export function sampleKeys(records: Records, wanted: number): string[] {
  const step = Math.max(1, Math.floor(records.count / wanted));
  const sample: string[] = [];
  for (let index = 0; index < records.count; index += step) sample.push(records.key(index).toString('base64'));
  return sample;
}

async function map(event: MapEvent, exchange: Exchange): Promise<SortResult> {
  const inputs: Buffer[] = [];
  for (let chunk = 0; chunk < event.chunks; chunk++) inputs.push(await exchange.get(keys.input(event.split, chunk)));
  const boundaries = (JSON.parse((await exchange.get(keys.boundaries)).toString()) as string[]).map((key) =>
    Buffer.from(key, 'base64'),
  );
  const records = new Records(Buffer.concat(inputs), event.layout);
  const order = sortedOrder(records);
  const starts = partitionStarts(records, order, boundaries);
  for (let reducer = 0; reducer < event.reducers; reducer++) {
    const piece = gather(records, order, starts[reducer] as number, starts[reducer + 1] as number);
    await exchange.put(keys.shuffle(event.split, reducer), piece);
  }
  return {
    summary: { ...emptySummary, records: records.count },
    chunks: event.reducers,
    sample: [],
    exchange: exchange.report(),
  };
}

async function reduce(event: ReduceEvent, exchange: Exchange): Promise<SortResult> {
  const runs: Records[] = [];
  for (let split = 0; split < event.mappers; split++) {
    runs.push(new Records(await exchange.get(keys.shuffle(split, event.reducer)), event.layout));
  }
  const merged = Buffer.allocUnsafe(runs.reduce((sum, run) => sum + run.buffer.length, 0));
  const cuts = [0];
  let written = 0;
  mergeRuns(runs, (buffer, start, end) => {
    if (written > (cuts.at(-1) as number) && written + end - start - (cuts.at(-1) as number) > chunkBytes) cuts.push(written);
    written += buffer.copy(merged, written, start, end);
  });
  cuts.push(written);
  const chunks = written === 0 ? 0 : cuts.length - 1;
  for (let chunk = 0; chunk < chunks; chunk++) {
    await exchange.put(keys.output(event.reducer, chunk), merged.subarray(cuts[chunk], cuts[chunk + 1]));
  }
  const records = runs.reduce((sum, run) => sum + run.count, 0);
  return { summary: { ...emptySummary, records, bytes: written }, chunks, sample: [], exchange: exchange.report() };
}
