import { type Clock, limits, SatchelError } from '@satchel/proto/core';
import { Key } from '../key.js';
import type { Catalog, Resident } from '../lmdb/catalog.js';
import { diskError, isDiskError } from '../lmdb/disk-error.js';
import type { JobEnvironment } from '../lmdb/job-environment.js';
import {
  holderOf,
  metadataOf,
  packedBodyBytes,
  packPositionOf,
  RecordObject,
  recordHeaderBytes,
  recordKinds,
  valueLengthOf,
  writeHolder,
} from '../lmdb/record.js';
import { type ObjectMetadata, objectCharge, type StoredObject, type StoreUsage, type TierStore } from '../tier-store.js';
import { countingClient } from './counting-client.js';
import type { ObjectClient, RequestCounts } from './object-client.js';
import { packEntry, packedBytes, packPieces, valueOffset, valuesOfPack } from './pack-format.js';
import { Packs } from './packs.js';
import { type Upload, UploadQueue } from './upload-queue.js';

export interface ObjectStoreOptions {
  /** Shared with the job's ssd tier; its trash reclaims with {@link reclaimObjects}. */
  readonly environment: JobEnvironment;
  readonly client: ObjectClient;
  readonly namespace: string;
  readonly job: string;
  /** Default: no budget, an object store has room. */
  readonly budgetBytes?: number;
  /** Values are packed together up to this. Default 8 MiB. */
  readonly packBytes?: number;
  readonly clock?: Clock;
}

const defaultPackBytes = 8 * 1024 * 1024;
const uploadsAtOnce = 8;

/** A value on its way to the object store, and what makes it visible there. */
interface PendingValue extends Upload {
  commit(pack: number, position: number): void;
}

/**
 * The object tier of one job: values in packs in an object store, their records in the job's environment. A put settles after its upload
 * and costs a share of a request; reads are ranges of a pack. Errors of the object store are `unavailable` and leave what was there.
 */
export class ObjectStore implements TierStore, Resident {
  readonly tier = 'object';
  readonly #environment: JobEnvironment;
  readonly #catalog: Catalog;
  readonly #client: ObjectClient;
  readonly #budgetBytes: number;
  readonly #packs: Packs;
  readonly #uploads: UploadQueue<PendingValue>;
  readonly #requests = { puts: 0, gets: 0, deletes: 0, lists: 0 };
  /** Charged for values on their way. */
  #pendingCharge = 0;
  #rewrites: Promise<void> = Promise.resolve();
  readonly #found = new RecordObject('object', (...read) => this.#readRecord(...read));
  readonly #visited = new RecordObject('object', (...read) => this.#readRecord(...read));

  constructor(options: ObjectStoreOptions) {
    this.#environment = options.environment;
    this.#catalog = options.environment.catalog;
    this.#client = countingClient(options.client, this.#requests);
    this.#budgetBytes = options.budgetBytes ?? Number.POSITIVE_INFINITY;
    this.#catalog.reside('object', this);
    this.#packs = new Packs({
      environment: this.#environment,
      client: this.#client,
      jobPrefix: jobPrefix(options.namespace, options.job),
      onSparse: (pack) => {
        this.#rewrites = this.#rewrites.then(() => this.#rewrite(pack));
      },
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    });
    this.#uploads = new UploadQueue({
      upload: (values) => this.#upload(values),
      uploadsAtOnce,
      packBytes: options.packBytes ?? defaultPackBytes,
    });
    // What it does not get to now it does after the next crash, and the end of the job deletes all.
    void this.#packs.sweep().catch(() => {});
  }

  get usage(): StoreUsage {
    return this.#catalog.usage.object;
  }

  /** Requests made to the object store for this job by this process. */
  get requests(): RequestCounts {
    return this.#requests;
  }

  find(key: Key): StoredObject | undefined {
    const record = this.#catalog.find('object', key);
    return record && this.#found.point(record);
  }

  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean | Promise<boolean> {
    const charge = this.#roomFor(key, end - start);
    if (charge === undefined) return false;
    const [entry, own] = [packEntry(key, value, start, end), { ...metadata }];
    return this.#charged(charge, () => this.#enqueue(key.copy(), entry, end - start, () => own));
  }

  move(
    key: Key,
    pieces: readonly Buffer[],
    valueLength: number,
    metadata: () => ObjectMetadata | undefined,
  ): false | Promise<boolean> {
    const charge = this.#roomFor(key, valueLength);
    if (charge === undefined) return false;
    const own = key.copy();
    return this.#charged(charge, async () =>
      this.#enqueue(own, await packPieces(own, pieces, valueLength), valueLength, metadata),
    );
  }

  /** What a value would be charged more than what is there by now; undefined: there is no room for it. */
  #roomFor(key: Key, valueLength: number): number | undefined {
    const before = this.#catalog.find('object', key);
    const freed = before === undefined ? 0 : objectCharge(key.length, valueLengthOf(before));
    const charge = objectCharge(key.length, valueLength) - freed;
    if (
      this.#environment.refuses(key.length + recordHeaderBytes + packedBodyBytes) ||
      this.usage.usedBytes + this.#pendingCharge + charge > this.#budgetBytes
    )
      return undefined;
    if (this.#uploads.bytes + packedBytes(key.length, valueLength) > limits.objectUploadBytes) return undefined;
    try {
      this.#environment.open();
    } catch (error) {
      if (isDiskError(error)) return undefined;
      throw error;
    }
    return charge;
  }

  async #charged(charge: number, store: () => Promise<boolean>): Promise<boolean> {
    this.#pendingCharge += charge;
    try {
      return await store();
    } finally {
      this.#pendingCharge -= charge;
    }
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.#catalog.update('object', key, changes);
  }

  delete(key: Key): boolean {
    return this.#catalog.delete('object', key);
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#catalog.scan('object', position, count, (key, record) => visit(key, this.#visited.point(record)));
  }

  clear(): void {
    this.#catalog.clear('object');
  }

  flush(): void {
    this.#environment.flush();
  }

  /** Takes the environment with it, and so the job's objects in the ssd tier. */
  destroy(): Promise<void> {
    return this.#environment.destroy();
  }

  /** Settles when nothing is being deleted or rewritten in the background. */
  async idle(): Promise<void> {
    await this.#rewrites;
    await this.#packs.idle();
  }

  /** See {@link Resident}. */
  get storing(): boolean {
    return this.#uploads.bytes > 0;
  }

  /** See {@link Resident}. */
  released(record: Buffer, charge: number): void {
    const keyLength = charge - objectCharge(0, valueLengthOf(record));
    this.#packs.release(holderOf(record), packedBytes(keyLength, valueLengthOf(record)));
  }

  /** See {@link Resident}. */
  cleared(): void {
    this.#packs.releaseAll();
  }

  /** Settles with false if it was not wanted any more when it was there. */
  #enqueue(key: Key, bytes: Buffer, valueLength: number, metadata: () => ObjectMetadata | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let wanted = true;
      this.#uploads.add({
        bytes,
        commit: (pack, position) => {
          const shown = metadata();
          wanted = shown !== undefined;
          if (shown === undefined) return;
          this.#packs.retain(pack, bytes.length);
          this.#show(key, pack, position, valueLength, shown);
        },
        settle: (error) => (error === undefined ? resolve(wanted) : reject(error)),
      });
    });
  }

  async #upload(values: readonly PendingValue[]): Promise<void> {
    const [pack, name] = this.#nextPack();
    const [only] = values;
    const body = values.length === 1 && only !== undefined ? only.bytes : Buffer.concat(values.map(({ bytes }) => bytes));
    try {
      await this.#client.put(name, body);
    } catch (error) {
      // It may have arrived all the same.
      this.#packs.discard(name);
      throw this.#environment.destroyed ? endedError() : error;
    }
    if (this.#environment.destroyed || this.#catalog.isCleared('object', pack)) {
      this.#packs.discard(name);
      if (this.#environment.destroyed) throw endedError();
      return;
    }
    this.#packs.add(pack, body.length);
    let position = 0;
    for (const value of values) {
      value.commit(pack, position);
      position += value.bytes.length;
    }
    this.#packs.review(pack);
  }

  #nextPack(): [pack: number, name: string] {
    if (this.#environment.destroyed) throw endedError();
    try {
      this.#environment.open();
      const pack = this.#environment.nextNumber();
      return [pack, this.#packs.nameOf(pack)];
    } catch (error) {
      throw isDiskError(error) ? diskError('opening the catalog of a job', error) : error;
    }
  }

  /** Gives a key the record of its entry at a position of a pack. */
  #show(key: Key, pack: number, position: number, valueLength: number, metadata: ObjectMetadata): void {
    const record = this.#catalog.put(key, recordKinds.packed, valueLength, packedBodyBytes, pack, metadata);
    writeHolder(record, pack, position + valueOffset(key.length));
  }

  #readRecord(record: Buffer, from: number, to: number, target: Buffer, targetStart: number): void | Promise<void> {
    if (from === to) return;
    const position = packPositionOf(record);
    return this.#read(holderOf(record), position + from, position + to, target, targetStart);
  }

  #read(pack: number, from: number, to: number, target: Buffer, targetStart: number): Promise<void> {
    const name = this.#packs.nameOf(pack);
    return this.#packs.whileReading(pack, async () => {
      const bytes = await this.#client.read(name, from, to, target, targetStart);
      if (bytes === undefined || bytes < to) {
        throw new SatchelError(
          'lost',
          `the object store no longer has ${name}, in which the object was; somebody deleted it there`,
        );
      }
    });
  }

  /** Uploads what is alive in a pack again, with whatever else is on its way. The pack then goes like any that nothing lives in. */
  async #rewrite(pack: number): Promise<void> {
    if (this.#environment.destroyed || this.#packs.bytesOf(pack) === 0) return;
    try {
      const content = Buffer.allocUnsafeSlow(this.#packs.bytesOf(pack));
      await this.#read(pack, 0, content.length, content, 0);
      const moves: Promise<void>[] = [];
      for (const value of valuesOfPack(content)) {
        const key = new Key().set(content, value.keyStart, value.keyEnd).copy();
        if (this.#isAt(key, pack, value.valueStart)) {
          const entry = Buffer.from(content.subarray(value.keyStart - valueOffset(0), value.valueEnd));
          moves.push(this.#move(key, entry, pack, value.valueStart));
        }
      }
      await Promise.all(moves);
    } catch {
      this.#packs.keepSparse(pack);
    }
  }

  #move(key: Key, bytes: Buffer, oldPack: number, oldPosition: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#uploads.add({
        bytes,
        commit: (pack, position) => {
          const record = this.#isAt(key, oldPack, oldPosition) ? this.#catalog.find('object', key) : undefined;
          if (record === undefined) return;
          this.#packs.retain(pack, bytes.length);
          this.#show(key, pack, position, valueLengthOf(record), metadataOf(record));
        },
        settle: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
  }

  #isAt(key: Key, pack: number, position: number): boolean {
    const record = this.#catalog.find('object', key);
    return record !== undefined && holderOf(record) === pack && packPositionOf(record) === position;
  }
}

/** Where the objects of a job are in the object store. */
export function jobPrefix(namespace: string, job: string): string {
  return `jobs/${namespace}/${job}/`;
}

function endedError(): SatchelError {
  return new SatchelError('no-job', 'the job ended while an object was written to it');
}
