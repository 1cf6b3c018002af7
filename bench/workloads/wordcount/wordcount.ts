import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, registerJob } from '@satchel/client';
import { SatchelError } from '@satchel/proto/core';
import { FunctionsClient, runStage } from '../../functions-client.js';
import type { Output } from '../../output.js';
import type { Target } from '../../target.js';
import { addCounts, countWords } from './function/count.mjs';
import { keys, type WordCountEvent } from './function/index.mjs';

/** What a word count found; it agrees with a count by one process, or the run fails. */
export interface WordCountReport {
  readonly texts: number;
  readonly words: number;
  readonly distinctWords: number;
  readonly mostFrequent: readonly (readonly [word: string, count: number])[];
  readonly milliseconds: number;
}

const functionName = 'satchel-wordcount';

/** Texts larger than this are left out: they are hardly prose, and one function reads a text at a time. */
const textBytesLimit = 16 * 2 ** 20;

/** Counts the words of all files below `folder` with map and reduce functions, and checks the counts against a single process. */
export async function runWordCount(
  target: Target,
  options: { readonly folder: string; readonly mappers: number; readonly reducers: number },
  output: Output,
): Promise<WordCountReport> {
  const texts = await readTexts(options.folder);
  const job = await registerJob({ name: 'wordcount', controller: target.controller, functions: options.mappers });
  const functions = new FunctionsClient(target.faas);
  try {
    const store = await connect(job.url);
    try {
      await functions.deploy(functionName, fileURLToPath(new URL('./function', import.meta.url)), { memoryMiB: 512 });
      const started = performance.now();
      await Promise.all(texts.map((text, index) => store.put(keys.text(index), text)));
      await runParts(functions, job.url, mapEvents(texts.length, options), output);
      await runParts(functions, job.url, reduceEvents(options), output);
      const counted = await collect(store, options.reducers);
      const milliseconds = performance.now() - started;
      compare(counted, texts);
      return summarize(counted, texts.length, milliseconds);
    } finally {
      await store.close();
    }
  } finally {
    await functions.delete(functionName).catch(() => {});
    await job.end();
  }
}

async function readTexts(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new SatchelError('invalid-argument', `cannot read the folder ${folder}: ${error.message}`, { cause: error });
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = (await Promise.all(files.map((file) => readFile(file)))).filter(
    (text) => text.length <= textBytesLimit && !text.includes(0),
  );
  if (texts.length === 0) throw new SatchelError('invalid-argument', `${folder} holds no text files`);
  return texts;
}

function mapEvents(texts: number, { mappers, reducers }: { mappers: number; reducers: number }): WordCountEvent[] {
  return Array.from({ length: mappers }, (_, part) => ({
    stage: 'map',
    part,
    reducers,
    texts: Array.from({ length: texts }, (_, index) => index)
      .filter((index) => index % mappers === part)
      .map(keys.text),
  }));
}

function reduceEvents({ mappers, reducers }: { mappers: number; reducers: number }): WordCountEvent[] {
  return Array.from({ length: reducers }, (_, part) => ({ stage: 'reduce', part, mappers }));
}

async function runParts(
  functions: FunctionsClient,
  url: string,
  events: readonly WordCountEvent[],
  output: Output,
): Promise<void> {
  const invocations = events.map(
    (event) => (signal: AbortSignal) =>
      functions.invoke(functionName, event, url, `${event.stage} function ${event.part}`, signal),
  );
  await runStage(invocations, (finished) => output.say(`  ${events[0]?.stage} ${finished}/${events.length}`));
}

async function collect(store: Awaited<ReturnType<typeof connect>>, reducers: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let reducer = 0; reducer < reducers; reducer++) {
    const value = await store.get(keys.counts(reducer));
    if (value === undefined) throw new SatchelError('failed', `${keys.counts(reducer)} is missing`);
    addCounts(counts, JSON.parse(value.toString()) as [string, number][]);
  }
  return counts;
}

function compare(counted: ReadonlyMap<string, number>, texts: readonly Buffer[]): void {
  const expected = new Map<string, number>();
  for (const text of texts) countWords(text.toString(), expected);
  if (counted.size !== expected.size)
    throw new SatchelError('failed', `${counted.size} distinct words were counted, a single process finds ${expected.size}`);
  for (const [word, count] of expected) {
    if (counted.get(word) !== count)
      throw new SatchelError('failed', `'${word}' was counted ${counted.get(word)} times, a single process finds ${count}`);
  }
}

function summarize(counted: ReadonlyMap<string, number>, texts: number, milliseconds: number): WordCountReport {
  const mostFrequent = [...counted].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 10);
  const words = [...counted.values()].reduce((sum, count) => sum + count, 0);
  return { texts, words, distinctWords: counted.size, mostFrequent, milliseconds };
}
