import { SatchelError, slotOf, slotOfBytes } from '@satchel/proto/core';
import { Key } from '../../store/key.js';
import { type StoredObject, scanEnd } from '../../store/tier-store.js';
import { typeOf } from '../collections/collection.js';
import type { ShardJob } from '../job.js';
import { lostListingError } from '../lost-keys.js';
import { inSlices } from '../slices.js';
import { isChunk } from '../striping/job-striping.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 64;

/** A page of keys in order of hash, with their types. */
export interface RestPage {
  /** The position to go on from, or scanEnd. */
  readonly next: number;
  readonly keys: readonly { readonly key: Key; readonly type: string }[];
}

/** What a shard still holds of slots that `owner` has fenced by an epoch, as a whole. */
export class Rest {
  readonly #job: ShardJob;
  readonly #isOwners: (slot: number) => boolean;

  constructor(job: ShardJob, isOwners: (slot: number) => boolean) {
    this.#job = job;
    this.#isOwners = isOwners;
  }

  /** Number of objects under a prefix (one latin1 character per byte). */
  async count(prefix: string): Promise<number> {
    this.#assertListable(prefix);
    const bytes = Buffer.from(prefix, 'latin1');
    let count = 0;
    await this.#visit((key) => {
      if (!isChunk(key) && key.hasPrefix(bytes)) count++;
    });
    return count;
  }

  /** The next `count` objects from a position on. */
  page(position: number, count: number): RestPage {
    this.#assertListable('');
    const keys: { key: Key; type: string }[] = [];
    const next = this.#job.objects.scanAll(position, count, (key, object) => {
      if (this.#lives(object) && !isChunk(key) && this.#concerns(key)) keys.push({ key: key.copy(), type: typeOf(object) });
    });
    return { next, keys };
  }

  /** Removes the objects and failures under a prefix; returns how many objects there were. */
  async deletePrefix(prefix: string): Promise<number> {
    const bytes = Buffer.from(prefix, 'latin1');
    const found: Key[] = [];
    let deleted = 0;
    const remove = () => {
      for (const key of found.splice(0)) if (this.#job.delete(key, this.#job.clock.now())) deleted++;
    };
    await this.#visit((key) => {
      if (!isChunk(key) && key.hasPrefix(bytes)) found.push(key.copy());
    }, remove);
    this.#forgetFailures(prefix);
    return deleted;
  }

  /** Removes everything, chunks included. */
  async clear(): Promise<void> {
    const found: Key[] = [];
    const remove = () => {
      for (const key of found.splice(0)) this.#job.yield(key, this.#job.clock.now());
    };
    await this.#visit((key) => void found.push(key.copy()), remove);
    this.#forgetFailures('');
  }

  #forgetFailures(prefix: string): void {
    for (const text of [...this.#job.failures.keys()]) {
      const bytes = Buffer.from(text, 'latin1');
      if (text.startsWith(prefix) && this.#isOwners(slotOf(bytes))) this.#job.delete(Key.of(bytes), this.#job.clock.now());
    }
  }

  async #visit(visit: (key: Key) => void, afterStep?: () => void): Promise<void> {
    const job = this.#job;
    let position = 0;
    await inSlices(() => {
      if (job.ended) throw new SatchelError('no-job', 'the job has ended');
      position = job.objects.scanAll(position, objectsPerStep, (key, object) => {
        if (this.#lives(object) && this.#concerns(key)) visit(key);
      });
      afterStep?.();
      return position >= scanEnd;
    });
  }

  #lives({ expiresAtMs }: StoredObject): boolean {
    return expiresAtMs === 0 || expiresAtMs > this.#job.clock.now();
  }

  #concerns(key: Key): boolean {
    return this.#isOwners(slotOfBytes(key.buffer, key.start, key.end));
  }

  #assertListable(prefix: string): void {
    const { losses, shard, node } = this.#job;
    if (!losses?.hasUnder(prefix)) return;
    let slots = 0;
    for (let slot = 0; slot < 16_384; slot++) if (losses.losesSlot(slot) && this.#isOwners(slot)) slots++;
    if (slots > 0) throw lostListingError(slots, shard, node);
  }
}
