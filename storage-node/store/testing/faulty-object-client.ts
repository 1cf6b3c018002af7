import { SatchelError } from '@satchel/proto/core';
import type { ObjectClient, RequestCounts, StoredName } from '../object/object-client.js';

/** A client whose store can be made unreachable, or made to hold back what is put. */
export class FaultyObjectClient implements ObjectClient {
  unreachable = false;
  /** Deletes fail. */
  undeletable = false;
  /** While set, a put waits for it before it reaches the store. */
  held: Promise<void> | undefined;
  readonly #client: ObjectClient;

  constructor(client: ObjectClient) {
    this.#client = client;
  }

  get requests(): RequestCounts {
    return this.#client.requests;
  }
  requestsOfPut(bytes: number): number {
    return this.#client.requestsOfPut(bytes);
  }
  async put(name: string, body: Buffer): Promise<void> {
    await this.held;
    this.#reach();
    await this.#client.put(name, body);
  }
  async read(name: string, from: number, to: number, target: Buffer, targetStart: number): Promise<number | undefined> {
    this.#reach();
    return this.#client.read(name, from, to, target, targetStart);
  }
  async delete(names: readonly string[]): Promise<void> {
    this.#reach();
    if (this.undeletable) throw new SatchelError('unavailable', 'the object store deletes nothing');
    await this.#client.delete(names);
  }
  async list(prefix: string, after: string, limit: number): Promise<StoredName[]> {
    this.#reach();
    return this.#client.list(prefix, after, limit);
  }
  async abortUploads(prefix: string): Promise<void> {
    this.#reach();
    await this.#client.abortUploads(prefix);
  }
  close(): void {
    this.#client.close();
  }

  #reach(): void {
    if (this.unreachable) throw new SatchelError('unavailable', 'the object store cannot be reached');
  }
}
