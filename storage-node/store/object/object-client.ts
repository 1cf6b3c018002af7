/** One object of an object store. */
export interface StoredName {
  readonly name: string;
  readonly bytes: number;
}

/** Requests made since the client was opened; retries of one request count once. */
export interface RequestCounts {
  readonly puts: number;
  readonly gets: number;
  readonly deletes: number;
  readonly lists: number;
}

/**
 * What Satchel needs of an object store. Names are parts of [A-Za-z0-9._!-] with `/` between them. Every method rejects with
 * `unavailable` if the store cannot be reached or refuses; the message says what to check.
 */
export interface ObjectClient {
  readonly requests: RequestCounts;
  /** Stores an object, replacing one of that name; nobody sees it before it is whole. `body` is borrowed until the promise settles. */
  put(name: string, body: Buffer): Promise<void>;
  /** How many requests a put of that many bytes makes. */
  requestsOfPut(bytes: number): number;
  /**
   * Copies bytes [from, to) of an object, or what there is of them, to `target` at `targetStart`. Settles with the size of the whole
   * object, or undefined if there is none of that name.
   */
  read(name: string, from: number, to: number, target: Buffer, targetStart: number): Promise<number | undefined>;
  /** Deletes objects, as many as given; names that do not exist are fine. */
  delete(names: readonly string[]): Promise<void>;
  /** At most `limit` objects whose names begin with `prefix` and come after `after` ('' for the first), in ascending order. */
  list(prefix: string, after: string, limit: number): Promise<StoredName[]>;
  /** Gives up uploads that were begun under a prefix and never finished; one still under way may fail. */
  abortUploads(prefix: string): Promise<void>;
  /** Closes connections. Calls under way may fail. */
  close(): void;
}

const pageLength = 1000;

/** All objects under a prefix, fetched page by page. */
export async function* listAll(client: ObjectClient, prefix: string, after = ''): AsyncGenerator<StoredName> {
  for (;;) {
    const page = await client.list(prefix, after, pageLength);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageLength) return;
    after = last.name;
  }
}

/** Deletes everything under a prefix and gives up uploads to it. Settles with the number of objects deleted. */
export async function deletePrefix(client: ObjectClient, prefix: string): Promise<number> {
  await client.abortUploads(prefix);
  for (let deleted = 0; ; ) {
    const page = await client.list(prefix, '', pageLength);
    if (page.length === 0) return deleted;
    await client.delete(page.map(({ name }) => name));
    deleted += page.length;
  }
}
