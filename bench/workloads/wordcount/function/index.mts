import { connect } from '@satchel/client';
import { addCounts, countWords, partOf } from './count.mjs';

/** Counts the words of some texts and writes one list per reducer. */
export interface MapEvent {
  readonly stage: 'map';
  readonly part: number;
  readonly reducers: number;
  /** Keys of the texts. */
  readonly texts: readonly string[];
}
/** Adds up what all mappers wrote for one reducer and writes the result. */
export interface ReduceEvent {
  readonly stage: 'reduce';
  readonly part: number;
  readonly mappers: number;
}
export type WordCountEvent = MapEvent | ReduceEvent;

type Counts = [string, number][];
type Store = Awaited<ReturnType<typeof connect>>;

/** Where things lie in the store. */
export const keys = {
  text: (index: number) => `text/${index}`,
  shuffle: (mapper: number, reducer: number) => `shuffle/${mapper}/${reducer}`,
  counts: (reducer: number) => `counts/${reducer}`,
};

export async function handler(event: WordCountEvent): Promise<{ words: number }> {
  const store = await connect(process.env['SATCHEL_URL']);
  try {
    return event.stage === 'map' ? await map(store, event) : await reduce(store, event);
  } finally {
    await store.close();
  }
}

async function map(store: Store, event: MapEvent): Promise<{ words: number }> {
  const counts = new Map<string, number>();
  for (const key of event.texts) countWords((await read(store, key)).toString(), counts);
  const parts = Array.from({ length: event.reducers }, (): Counts => []);
  for (const entry of counts) parts[partOf(entry[0], event.reducers)]?.push(entry);
  await Promise.all(parts.map((part, reducer) => store.put(keys.shuffle(event.part, reducer), JSON.stringify(part))));
  return { words: counts.size };
}

async function reduce(store: Store, event: ReduceEvent): Promise<{ words: number }> {
  const counts = new Map<string, number>();
  for (let mapper = 0; mapper < event.mappers; mapper++) {
    addCounts(counts, JSON.parse((await read(store, keys.shuffle(mapper, event.part))).toString()) as Counts);
  }
  await store.put(keys.counts(event.part), JSON.stringify([...counts]));
  return { words: counts.size };
}

async function read(store: Store, key: string): Promise<Buffer> {
  const value = await store.get(key);
  if (value === undefined) throw new Error(`${key} is not in the store`);
  return value;
}
