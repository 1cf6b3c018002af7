import { limits } from '@satchel/proto/core';
import { type ArgumentSink, InputBudget } from '@satchel/proto/resp';
import type { Key } from '../store/key.js';
import type { ObjectMetadata, ValueWriter } from '../store/tier-store.js';
import type { ShardJob } from './job.js';

/** A value on its way to where it will be stored. Ends with one `commit` or `abort`; later ones do nothing. */
export class Upload implements ArgumentSink {
  readonly job: ShardJob;
  readonly length: number;
  /** Called if it does not go on. */
  readonly stalled: () => void;
  readonly #keyLength: number;
  readonly #uploads: Uploads;
  #writer: ValueWriter | undefined;

  constructor(uploads: Uploads, job: ShardJob, keyLength: number, length: number, writer: ValueWriter, stalled: () => void) {
    this.#uploads = uploads;
    this.job = job;
    this.length = length;
    this.stalled = stalled;
    this.#keyLength = keyLength;
    this.#writer = writer;
  }

  /** Bytes that have arrived. */
  get written(): number {
    return this.#writer?.written ?? this.length;
  }

  write(source: Buffer, start: number, end: number): void {
    this.#writer?.write(source, start, end);
  }

  /** Stores the value, which is whole, under its key; see JobUploads.commit. */
  commit(key: Key, metadata: ObjectMetadata, nowMs: number): void {
    const writer = this.#end();
    if (writer !== undefined) this.job.uploads.commit(key, this.length, writer, metadata, nowMs);
  }

  /** Gives it up; what has arrived. */
  take(): Buffer {
    const value = Buffer.alloc(this.written);
    this.#writer?.read(value);
    this.abort();
    return value;
  }

  abort(): void {
    const writer = this.#end();
    if (writer !== undefined) this.job.uploads.abort(this.#keyLength, this.length, writer);
  }

  #end(): ValueWriter | undefined {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer !== undefined) this.#uploads.ended(this);
    return writer;
  }
}

/** The uploads of a shard: bounded in number and bytes, and none stands still for long. */
export class Uploads {
  readonly #budget: InputBudget;
  readonly #stallMs: number;
  /** Those under way, with the bytes each had when it was last looked at. */
  readonly #underWay = new Map<Upload, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limitBytes: number = limits.shardUploadBytes, stallMs: number = limits.uploadStallMs) {
    this.#budget = new InputBudget(limitBytes);
    this.#stallMs = stallMs;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Begins one; undefined if there are too many, or the value cannot be taken in this manner. Throws `no-job`. */
  begin(job: ShardJob, key: Key, length: number, nowMs: number, stalled: () => void): Upload | undefined {
    if (this.#underWay.size >= limits.shardUploads || !this.#budget.take(length)) return undefined;
    let writer: ValueWriter | undefined;
    try {
      writer = job.uploads.begin(key, length, nowMs);
    } finally {
      if (writer === undefined) this.#budget.giveBack(length);
    }
    if (writer === undefined) return undefined;
    const upload = new Upload(this, job, key.length, length, writer, stalled);
    this.#underWay.set(upload, 0);
    this.#timer ??= setInterval(() => this.#look(), this.#stallMs).unref();
    return upload;
  }

  /** Part of {@link Upload}. */
  ended(upload: Upload): void {
    this.#underWay.delete(upload);
    this.#budget.giveBack(upload.length);
  }

  #look(): void {
    for (const [upload, before] of [...this.#underWay]) {
      if (upload.written === before) upload.stalled();
      else this.#underWay.set(upload, upload.written);
    }
    if (this.#underWay.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
