import { limits, SatchelError } from '@satchel/proto/core';
import type { ShardJob } from '../job.js';
import { firstElement, lengthAt } from '../reply-version.js';
import { callShard, type ShardCalls } from '../striping/shard-calls.js';
import type { Ancestor } from './chain.js';
import { difference, SlotSet } from './slot-set.js';

/** How long the pause before another attempt to fence a shard is at first, and at most. */
const firstPauseMs = 10;
const longestPauseMs = 500;

/** A shard that slots came from, and how far it has said so. */
interface Predecessor {
  readonly shard: number;
  /** Slots that it is to be asked for. */
  wanted: SlotSet;
  /** Of those, the ones it has let go of. */
  fenced: SlotSet;
  /** Of those, the ones it may hold something of. */
  holds: SlotSet;
  asking: boolean;
  /** Grows when a slot is not wanted any more: what was asked before then is not known to hold if it comes back. */
  changes: number;
}

interface Waiting {
  readonly slot: number;
  resolve(): void;
  reject(error: SatchelError): void;
}

/**
 * The shards that had slots of this one before. Each is told, in the name of the epoch, to let go of them, and says which of them hold something;
 * until then no command of these slots is carried out.
 */
export class Predecessors {
  /** Slots of which a command cannot be carried out here without more ado. */
  open = new SlotSet();
  readonly #job: ShardJob;
  readonly #calls: () => ShardCalls;
  #ancestors: readonly Ancestor[] = [];
  #shards = new Map<number, Predecessor>();
  #waiting: Waiting[] = [];
  #ended = false;

  constructor(job: ShardJob, calls: () => ShardCalls) {
    this.#job = job;
    this.#calls = calls;
  }

  get any(): boolean {
    return this.#shards.size > 0;
  }

  /** The shards that may hold something of slots of this one. */
  get shards(): number[] {
    return [...this.#shards.values()].filter(({ holds }) => holds.size > 0).map(({ shard }) => shard);
  }

  /** Follows a new configuration; nothing that is known of slots that are not this shard's any more, or are so anew (`gained`), holds. */
  follow(ancestors: readonly Ancestor[], gained: SlotSet): void {
    const before = this.#shards;
    const wanted = new Map<number, SlotSet>();
    for (const { shard, slots } of ancestors) {
      const ofShard = wanted.get(shard) ?? new SlotSet();
      wanted.set(shard, ofShard);
      for (const slot of slots) ofShard.add(slot);
    }
    this.#ancestors = ancestors;
    this.#shards = new Map();
    for (const [shard, slots] of wanted) this.#shards.set(shard, wanting(before.get(shard), shard, slots, gained));
    this.#changed();
    for (const predecessor of this.#shards.values()) void this.#fence(predecessor);
  }

  /** Whether all shards that had a slot have let go of it. */
  ready(slot: number): boolean {
    for (const { wanted, fenced } of this.#shards.values()) if (wanted.has(slot) && !fenced.has(slot)) return false;
    return true;
  }

  /** Settles once a slot is ready, or is no concern of this shard any more; rejects with `unavailable` after limits.steeringWaitMs. */
  whenReady(slot: number): void | Promise<void> {
    if (this.ready(slot)) return;
    return new Promise((resolve, reject) => {
      const cancel = this.#job.clock.after(limits.steeringWaitMs, () => waiting.reject(this.#unready(slot)));
      const forget = () => {
        cancel();
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
      };
      const waiting: Waiting = {
        slot,
        resolve: () => {
          forget();
          resolve();
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      this.#waiting.push(waiting);
    });
  }

  /** The shards to ask for keys of a slot that is ready, the latest owner first. */
  of(slot: number): number[] {
    const found = new Set<number>();
    for (const { shard, slots } of this.#ancestors) {
      if (slots.has(slot) && this.#shards.get(shard)?.holds.has(slot)) found.add(shard);
    }
    return [...found];
  }

  /** Nothing is left anywhere else. */
  cleared(): void {
    for (const predecessor of this.#shards.values()) predecessor.holds = new SlotSet();
    this.#changed();
  }

  /** Settles once every slot is ready; rejects as `whenReady`. */
  async allReady(): Promise<void> {
    for (const { wanted } of [...this.#shards.values()]) {
      for (const slot of wanted) if (!this.ready(slot)) await this.whenReady(slot);
    }
  }

  end(): void {
    this.#ended = true;
    this.#shards.clear();
    for (const waiting of [...this.#waiting]) waiting.resolve();
  }

  async #fence(predecessor: Predecessor): Promise<void> {
    if (predecessor.asking) return;
    const { shard } = predecessor;
    const isCurrent = () => !this.#ended && this.#shards.get(shard) === predecessor;
    predecessor.asking = true;
    for (let pauseMs = firstPauseMs; isCurrent() && !predecessor.fenced.covers(predecessor.wanted); ) {
      try {
        await this.#ask(predecessor);
      } catch {
        await new Promise<void>((resolve) => this.#job.clock.after(pauseMs, resolve));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
    predecessor.asking = false;
  }

  async #ask(predecessor: Predecessor): Promise<void> {
    const { shard, wanted, changes } = predecessor;
    const { configuration, shard: own } = this.#job;
    const spans = wanted.spans().flatMap(({ start, end }) => [String(start), String(end)]);
    const words = ['SATCHEL.FENCE', String(own), String(configuration.epoch), ...spans];
    const held = spansOfReply(await callShard(this.#calls(), this.#job, shard, words));
    if (predecessor.changes !== changes || this.#shards.get(shard) !== predecessor) return;
    predecessor.fenced = wanted;
    predecessor.holds = held;
    this.#changed();
  }

  #changed(): void {
    this.open = new SlotSet();
    for (const { wanted, fenced, holds } of this.#shards.values()) {
      for (const slot of wanted) if (!fenced.has(slot) || holds.has(slot)) this.open.add(slot);
    }
    for (const waiting of [...this.#waiting]) if (this.ready(waiting.slot)) waiting.resolve();
  }

  #unready(slot: number): SatchelError {
    const shards = [...this.#shards.values()].filter(({ wanted, fenced }) => wanted.has(slot) && !fenced.has(slot));
    const named = shards.map(({ shard }) => shard).join(' and ');
    return new SatchelError(
      'unavailable',
      `slot ${slot} has come from shard ${named}, which has not let go of it yet; the command was not executed`,
    );
  }
}

/** A shard that is to be asked for these slots, given what is known of it. */
function wanting(known: Predecessor | undefined, shard: number, wanted: SlotSet, gained: SlotSet): Predecessor {
  if (known === undefined) return { shard, wanted, fenced: new SlotSet(), holds: new SlotSet(), asking: false, changes: 0 };
  const kept = difference(wanted, gained);
  if (!kept.covers(known.wanted)) known.changes++;
  known.wanted = wanted;
  known.fenced = known.fenced.within(kept);
  known.holds = known.holds.within(kept);
  return known;
}

/** Spans as `SATCHEL.FENCE` answers them: start, end, start, end, … */
function spansOfReply(bytes: Buffer): SlotSet {
  const numbers: number[] = [];
  let at = firstElement(bytes, 0);
  for (let left = lengthAt(bytes, 0); left > 0; left--) {
    numbers.push(lengthAt(bytes, at));
    at = firstElement(bytes, at);
  }
  return SlotSet.of(
    Array.from({ length: numbers.length / 2 }, (_, pair) => ({ start: numbers[2 * pair] ?? 0, end: numbers[2 * pair + 1] ?? 0 })),
  );
}
