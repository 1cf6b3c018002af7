import { Key } from '../../store/key.js';
import type { ObjectMetadata } from '../../store/tier-store.js';
import type { PersistedObject, PersistedObjects } from '../job-store.js';

/** Persisted objects of a namespace in a Map. */
export class MapPersisted implements PersistedObjects {
  readonly #objects = new Map<string, { readonly value: Buffer; readonly metadata: ObjectMetadata }>();
  /** The next puts reject with this. */
  failure: Error | undefined;

  async put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): Promise<void> {
    const name = key.toString();
    const own = Buffer.from(value.subarray(start, end));
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== undefined) throw this.failure;
    this.#objects.set(name, { value: own, metadata: { ...metadata } });
  }

  async find(key: Key): Promise<PersistedObject | undefined> {
    const object = this.#objects.get(key.toString());
    if (object === undefined) return undefined;
    const { value, metadata } = object;
    const { createdMs, expiresAtMs } = metadata;
    return { valueLength: value.length, createdMs, expiresAtMs, read: async (from, to) => Buffer.from(value.subarray(from, to)) };
  }

  async delete(key: Key): Promise<boolean> {
    return this.#objects.delete(key.toString());
  }

  async deleteExpired(key: Key, nowMs: number): Promise<boolean> {
    const expiresAtMs = this.#objects.get(key.toString())?.metadata.expiresAtMs ?? 0;
    return expiresAtMs > 0 && expiresAtMs <= nowMs && this.#objects.delete(key.toString());
  }

  async sweep(nowMs: number): Promise<number> {
    let deleted = 0;
    for (const key of [...this.#objects.keys()])
      if (await this.deleteExpired(Key.of(Buffer.from(key, 'latin1')), nowMs)) deleted++;
    return deleted;
  }

  async *list(prefix: Buffer): AsyncIterable<Buffer> {
    for (const key of [...this.#objects.keys()]) {
      if (key.startsWith(prefix.toString('latin1'))) yield Key.of(Buffer.from(key, 'latin1')).buffer;
    }
  }
}
