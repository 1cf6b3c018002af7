import { LookupKey } from '@satchel/proto/shared-memory';

const places = 4096;
/** The place of calls that concern keys nobody has listed. */
const everyKey = places;
export const nowhere = -1;

/**
 * Which keys have calls on their way to a shard: a read in place must not overtake them. Keys share places, so that now and then a read goes to
 * its shard for another key's sake.
 */
export class CallsUnderWay {
  readonly #counts = new Uint32Array(places + 1);
  readonly #key = new LookupKey();
  #total = 0;
  /** Called whenever a call has ended, while somebody waits for that. */
  onEnd: (() => void) | undefined;

  /** A call has begun; returns what `end` is to be given, once, when it is answered or will never be. */
  begin(key: string | Uint8Array | undefined): number {
    const place = key === undefined ? everyKey : this.#key.set(key).hash & (places - 1);
    (this.#counts[place] as number)++;
    this.#total++;
    return place;
  }

  end(place: number): void {
    (this.#counts[place] as number)--;
    this.#total--;
    this.onEnd?.();
  }

  /** Whether a call on a key of this hash may be under way. */
  concerns(hash: number): boolean {
    if (this.#total === 0) return false;
    return this.#counts[hash & (places - 1)] !== 0 || this.#counts[everyKey] !== 0;
  }
}
