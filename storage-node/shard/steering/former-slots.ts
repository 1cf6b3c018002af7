import { slotCount, slotOf, slotOfBytes } from '@satchel/proto/core';
import { Key } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import type { ShardJob } from '../job.js';
import { inSlices } from '../slices.js';
import { isChunk } from '../striping/job-striping.js';
import { SlotSet, type SlotSpan } from './slot-set.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 64;

/** What a shard still holds of slots that are another's by now: how much of which, kept up to date as the new owners take it. */
export class FormerSlots {
  readonly #job: ShardJob;
  /** By slot; only while there is something to count. */
  #held: Uint32Array | undefined;
  /** Called when a slot has become empty. */
  readonly #emptied: () => void;
  #owned = new SlotSet();
  #kept = new SlotSet();
  #total = 0;
  #chunks = 0;
  #failures = 0;
  /** Keys of smaller hash are counted. */
  #position = scanEnd;
  #generation = 0;
  #surveyed: Promise<void> = Promise.resolve();

  constructor(job: ShardJob, emptied: () => void) {
    this.#job = job;
    this.#emptied = emptied;
  }

  /** Whether there is nothing to keep, and nothing kept. */
  get done(): boolean {
    return this.#kept.size === 0 && this.#total === 0 && this.#position === scanEnd;
  }

  /** Objects, chunks and failures aside, that are here and another shard's. */
  get objects(): number {
    return this.#total - this.#chunks - this.#failures;
  }

  /** These slots are the shard's, and nothing is here of others. */
  own(owned: SlotSet): void {
    this.#owned = owned;
  }

  /** Whether a key is another shard's. */
  hides(key: Key): boolean {
    return !this.#owned.has(slotOfBytes(key.buffer, key.start, key.end));
  }

  get surveying(): boolean {
    return this.#position !== scanEnd;
  }

  /** Settles once it is known what is here. */
  get surveyed(): Promise<void> {
    return this.#surveyed;
  }

  /**
   * Finds out, once `quiet` has settled, what is here of the slots that are `kept` for their owners; what is neither `owned` nor kept goes, if
   * `drops`.
   */
  survey(owned: SlotSet, kept: SlotSet, drops: boolean, quiet: Promise<void>): Promise<void> {
    this.#owned = owned;
    this.#kept = kept;
    const generation = ++this.#generation;
    this.#forget();
    this.#position = 0;
    this.#surveyed = quiet.then(() => this.#survey(generation, drops));
    void this.#surveyed.catch(() => {});
    return this.#surveyed;
  }

  /** An object was removed. */
  removed(key: Key): void {
    const slot = slotOfBytes(key.buffer, key.start, key.end);
    if (this.#owned.has(slot) || key.hash >= this.#position || (this.#held?.[slot] ?? 0) === 0) return;
    if (isChunk(key)) this.#chunks--;
    this.#take(slot);
  }

  /** A failure was forgotten. */
  failureGone(key: Key): void {
    const slot = slotOfBytes(key.buffer, key.start, key.end);
    if (this.#owned.has(slot) || this.#position !== scanEnd || (this.#held?.[slot] ?? 0) === 0) return;
    this.#failures--;
    this.#take(slot);
  }

  /** The spans of some slots of which something is here, or was and is lost. */
  holding(slots: SlotSet): SlotSpan[] {
    const holding = new SlotSet();
    for (const slot of slots) if (this.holds(slot)) holding.add(slot);
    return holding.spans();
  }

  /** Whether something of a slot is here, or was and is lost. */
  holds(slot: number): boolean {
    return this.#position !== scanEnd || (this.#held?.[slot] ?? 0) > 0 || this.#job.losses?.losesSlot(slot) === true;
  }

  /** Everything was removed. */
  cleared(): void {
    this.#forget();
    this.#emptied();
  }

  #forget(): void {
    this.#held = undefined;
    this.#total = 0;
    this.#chunks = 0;
    this.#failures = 0;
  }

  #take(slot: number): void {
    const held = this.#held;
    if (held === undefined) return;
    held[slot] = (held[slot] as number) - 1;
    this.#total--;
    if (held[slot] === 0) this.#emptied();
  }

  async #survey(generation: number, drops: boolean): Promise<void> {
    if (generation !== this.#generation) return this.#surveyed;
    const { objects } = this.#job;
    const foreign: Key[] = [];
    await inSlices(() => {
      if (generation !== this.#generation || this.#job.ended) return true;
      this.#position = objects.scanAll(this.#position, objectsPerStep, (key) => {
        const slot = slotOfBytes(key.buffer, key.start, key.end);
        if (this.#owned.has(slot)) return;
        if (!this.#kept.has(slot)) foreign.push(key.copy());
        else this.#count(slot, isChunk(key));
      });
      if (drops) for (const key of foreign.splice(0)) this.#drop(key);
      return this.#position >= scanEnd;
    });
    if (generation !== this.#generation) return this.#surveyed;
    if (this.#job.ended) return;
    this.#position = scanEnd;
    this.#countFailures(drops);
    this.#emptied();
  }

  #count(slot: number, chunk: boolean): void {
    this.#held ??= new Uint32Array(slotCount);
    this.#held[slot] = (this.#held[slot] as number) + 1;
    this.#total++;
    if (chunk) this.#chunks++;
  }

  #countFailures(drops: boolean): void {
    for (const text of [...this.#job.failures.keys()]) {
      const bytes = Buffer.from(text, 'latin1');
      const slot = slotOf(bytes);
      if (this.#owned.has(slot)) continue;
      if (!this.#kept.has(slot)) {
        if (drops) this.#job.yield(Key.of(bytes), this.#job.clock.now());
      } else {
        this.#count(slot, false);
        this.#failures++;
      }
    }
  }

  #drop(key: Key): void {
    const nowMs = this.#job.clock.now();
    const object = this.#job.objects.find(key, nowMs);
    if (object !== undefined) this.#job.objects.drop(key, object, nowMs, true);
  }
}
