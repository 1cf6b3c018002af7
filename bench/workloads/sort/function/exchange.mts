import { performance } from 'node:perf_hooks';
import { connect } from '@satchel/client';

/** What one function moved through the store, and how long each operation took. */
export interface ExchangeReport {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly getsMs: readonly number[];
  readonly putsMs: readonly number[];
}

type Store = Awaited<ReturnType<typeof connect>>;

let connected: { readonly url: string; readonly store: Store } | undefined;

/** The store of the invocation's job; a warm sandbox keeps its connection. */
async function storeOf(url: string): Promise<Store> {
  if (connected?.url === url) return connected.store;
  await connected?.store.close();
  connected = { url, store: await connect(url) };
  return connected.store;
}

/** Reads and writes objects of the invocation's job and keeps the figures. */
export class Exchange {
  readonly #store: Store;
  #bytesRead = 0;
  #bytesWritten = 0;
  readonly #getsMs: number[] = [];
  readonly #putsMs: number[] = [];

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(): Promise<Exchange> {
    const url = process.env['SATCHEL_URL'];
    if (!url) throw new Error('SATCHEL_URL is not set: invoke the function with a job');
    return new Exchange(await storeOf(url));
  }

  async get(key: string): Promise<Buffer> {
    const started = performance.now();
    const value = await this.#store.get(key);
    this.#getsMs.push(performance.now() - started);
    if (value === undefined) throw new Error(`${key} is not in the store`);
    this.#bytesRead += value.length;
    return value;
  }

  async put(key: string, value: Buffer): Promise<void> {
    const started = performance.now();
    await this.#store.put(key, value);
    this.#putsMs.push(performance.now() - started);
    this.#bytesWritten += value.length;
  }

  report(): ExchangeReport {
    return { bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten, getsMs: this.#getsMs, putsMs: this.#putsMs };
  }
}
