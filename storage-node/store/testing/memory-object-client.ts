import type { ObjectClient, StoredName } from '../object/object-client.js';

/** An object store in memory, for tests of what uses one. */
export class MemoryObjectClient implements ObjectClient {
  readonly requests = { puts: 0, gets: 0, deletes: 0, lists: 0 };
  readonly #objects = new Map<string, Buffer>();

  async put(name: string, body: Buffer): Promise<void> {
    this.requests.puts++;
    this.#objects.set(name, Buffer.from(body));
  }

  requestsOfPut(): number {
    return 1;
  }

  async read(name: string, from: number, to: number, target: Buffer, targetStart: number): Promise<number | undefined> {
    this.requests.gets++;
    const object = this.#objects.get(name);
    object?.copy(target, targetStart, from, to);
    return object?.length;
  }

  async delete(names: readonly string[]): Promise<void> {
    this.requests.deletes++;
    for (const name of names) this.#objects.delete(name);
  }

  async list(prefix: string, after: string, limit: number): Promise<StoredName[]> {
    this.requests.lists++;
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted();
    return names.slice(0, limit).map((name) => ({ name, bytes: this.#objects.get(name)?.length ?? 0 }));
  }

  async abortUploads(): Promise<void> {}

  close(): void {}
}
