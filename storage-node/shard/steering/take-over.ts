import { randomBytes } from 'node:crypto';
import { SatchelError, slotOfBytes } from '@satchel/proto/core';
import { Key } from '../../store/key.js';
import { objectCharge } from '../../store/tier-store.js';
import { elementCharge, ListValue } from '../collections/list-value.js';
import { memberCharge, SetValue } from '../collections/set-value.js';
import type { ShardJob } from '../job.js';
import { firstElement, lengthAt } from '../reply-version.js';
import { callShard, type ShardCalls } from '../striping/shard-calls.js';
import { type MovingObject, readMoving } from './objects-on-the-way.js';
import { RecentMap } from './recent-map.js';

/**
 * What a command is about to do with a key: `pass`: read what is there; `delete`: remove it, whatever it is; `replace`: put something in its place,
 * which may be refused, and then it has to be there still; `take`: anything else.
 */
export type Intent = 'pass' | 'take' | 'replace' | 'delete';

/** What an object that is taken over may have before its size is asked for. */
const usualBytes = 64 * 1024;

/** Keys remembered to be nowhere but here; beyond, they are asked about again. */
const rememberedKeys = 100_000;
const asterisk = 0x2a;
const underscore = 0x5f;
const colon = 0x3a;

/** Moves objects of one job from the shards that had their slots before, a key at a time; calls on a key come one at a time. */
export class TakeOver {
  readonly #job: ShardJob;
  readonly #calls: () => ShardCalls;
  /** Keys held here of which a copy may be left elsewhere. */
  readonly #owed = new Set<string>();
  /** Keys held here that are known to be nowhere else, if that could be doubted. */
  readonly #sole = new RecentMap<true>(rememberedKeys);
  /** Names of drops that were not answered, by shard and key. */
  readonly #unanswered = new RecentMap<string>(rememberedKeys);
  readonly #prefix = randomBytes(9).toString('base64url');
  #drops = 0;
  /** Keys that were dropped elsewhere for a delete that has not run here yet. */
  readonly #dropped = new Set<string>();

  constructor(job: ShardJob, calls: () => ShardCalls) {
    this.#job = job;
    this.#calls = calls;
  }

  /** Whether a command may run here without asking anybody, given that the slot is ready. */
  isSettled(key: Key, intent: Intent): boolean {
    const { steering, losses, clock } = this.#job;
    const slot = slotOfKey(key);
    if (!steering.predecessors.ready(slot)) return false;
    const object = this.#job.find(key, clock.now());
    if (object === undefined) return losses?.isGone(key) === true && !this.#owed.has(key.toString());
    return (intent === 'pass' && object.readsLeft === 0) || !this.#isDoubted(key, slot);
  }

  /** Settles a key of a slot that is ready: with the answer of another shard to `words`, or nothing once the command can run here. */
  async settle(key: Key, slot: number, intent: Intent, words: readonly Buffer[]): Promise<Buffer | undefined> {
    if (this.isSettled(key, intent)) return undefined;
    const shards = this.#job.steering.predecessors.of(slot);
    if (shards.length === 0) return undefined;
    if (this.#job.find(key, this.#job.clock.now()) !== undefined || this.#owed.has(key.toString())) {
      await this.#dropAll(shards, key, true);
      return undefined;
    }
    if (intent === 'pass') return this.#pass(shards, key, words);
    if (intent === 'take') await this.#take(shards, key);
    // What is lost there may be replaced.
    else if (intent === 'replace') await this.#take(shards, key).catch(lostOnly);
    else if (await this.#dropAll(shards, key, false)) this.#dropped.add(key.toString());
    return undefined;
  }

  /** Has others drop what is held here too, while nothing is taken over; rejects with `unavailable`. */
  async settleOwed(): Promise<void> {
    for (const text of [...this.#owed]) {
      const key = Key.of(Buffer.from(text, 'latin1'));
      const slot = slotOfKey(key);
      if (this.#job.steering.owned.has(slot)) await this.#dropAll(this.#job.steering.predecessors.of(slot), key, true);
    }
  }

  /** See {@link JobSteering.takeDropped}. */
  takeDropped(key: Key): boolean {
    return this.#dropped.size > 0 && this.#dropped.delete(key.toString());
  }

  /** Nothing is known any more of where else keys are. */
  forget(): void {
    this.#sole.clear();
    this.#unanswered.clear();
  }

  /** A shard that came back, and one that had the slot before, may hold copies of what others hold too. */
  #isDoubted(key: Key, slot: number): boolean {
    const { steering, recovered } = this.#job;
    const text = key.toString();
    return this.#owed.has(text) || ((recovered || steering.returned.has(slot)) && !this.#sole.has(text));
  }

  /** Has the shards answer, latest owner first, until one has the key. */
  async #pass(shards: readonly number[], key: Key, words: readonly Buffer[]): Promise<Buffer | undefined> {
    let lost: SatchelError | undefined;
    for (const shard of shards) {
      const reply = await this.#ask(shard, ['SATCHEL.PASS', ...this.#name(), ...words]).catch(lostOnly);
      if (reply instanceof SatchelError) lost = reply;
      else if (reply[0] === asterisk) return reply.subarray(firstElement(reply, 0));
      else if (reply[0] !== underscore) {
        await this.#take(shards, key);
        return undefined;
      }
    }
    if (lost !== undefined) throw lost;
    this.#missing(key);
    return undefined;
  }

  async #take(shards: readonly number[], key: Key): Promise<void> {
    let lost: SatchelError | undefined;
    for (const [place, shard] of shards.entries()) {
      const taken = await this.#takeFrom(shard, key, shards.slice(place + 1)).catch(lostOnly);
      if (taken === true) return;
      if (taken !== false) lost = taken;
    }
    if (lost !== undefined) throw lost;
    this.#missing(key);
  }

  /** Takes an object over from a shard as soon as no more is on its way than may be; false if it has none. */
  async #takeFrom(shard: number, key: Key, older: readonly number[]): Promise<boolean> {
    const gate = this.#calls().takeOvers;
    for (let bytes = usualBytes, size = 0; ; bytes = size) {
      await gate.enter(bytes);
      try {
        const reply = await this.#ask(shard, ['SATCHEL.TAKE', ...this.#name(), bytesOf(key), String(bytes)]);
        if (reply[0] !== colon) {
          const object = readMoving(reply);
          if (object !== undefined) await this.#move(object, key, shard, older);
          return object !== undefined;
        }
        size = lengthAt(reply, 0);
      } finally {
        gate.leave(bytes);
      }
    }
  }

  /** Stores here what `from` handed over; then older owners, and last `from` itself, drop what they have. */
  async #move(object: MovingObject, key: Key, from: number, older: readonly number[]): Promise<void> {
    const job = this.#job;
    const text = key.toString();
    this.#owed.add(text);
    let carriedBytes: number;
    try {
      carriedBytes = await this.#store(object, key);
    } catch (error) {
      this.#owed.delete(text);
      throw error;
    }
    // What a tier would keep through a crash is kept before the other copy goes.
    job.flush();
    await this.#dropEach(older, key, true);
    const there = await this.#drop(from, key, true);
    this.#owed.delete(text);
    this.#sole.set(text, true);
    // It expired there, or was removed with others: so it is gone.
    if (!there) job.yield(key, job.clock.now());
    else job.space.cover(carriedBytes);
  }

  /** Settles with what is to be covered once `from` has let go of it; see JobSpace.carry. */
  async #store(object: MovingObject, key: Key): Promise<number> {
    const job = this.#job;
    const nowMs = job.clock.now();
    switch (object.kind) {
      case 'failure':
        await job.fail(key, object.reason, nowMs);
        return 0;
      case 'string': {
        const tiers = job.configuration.tiers;
        const tier = tiers.includes(object.tier) ? object.tier : (tiers[0] ?? 'dram');
        await job.objects.adopt(key, object.value, object.metadata, nowMs, tier);
        return objectCharge(key.length, object.value.length);
      }
      default:
        return this.#storeCollection(object, key, nowMs);
    }
  }

  #storeCollection(object: Extract<MovingObject, { kind: 'list' | 'set' }>, key: Key, nowMs: number): number {
    const { collections } = this.#job;
    const { elements, kind } = object;
    const chargeOf = kind === 'list' ? elementCharge : memberCharge;
    const bytes = elements.reduce((sum, element) => sum + chargeOf(element), 0);
    collections.carry(key, elements.length, bytes);
    const own = key.copy();
    const value = kind === 'list' ? new ListValue(own, object.createdMs) : new SetValue(own, object.createdMs);
    collections.add(value, nowMs);
    for (const element of elements) {
      if (value instanceof ListValue) value.push(element, 'right');
      else value.add(element);
    }
    collections.grown(value, bytes, nowMs);
    if (object.expiresAtMs > 0) this.#job.expire(own, value, object.expiresAtMs, nowMs);
    return value.charge;
  }

  /** No other shard has the key. If this one lost what it had, it may have had it, so that it is as lost as before. */
  #missing(key: Key): void {
    const { losses } = this.#job;
    if (losses?.losesSlot(slotOfKey(key)) === false) losses.markGone(key);
  }

  /** Has all shards drop a key, the latest owner last; true if one had it. */
  async #dropAll(shards: readonly number[], key: Key, taken: boolean): Promise<boolean> {
    const text = key.toString();
    const dropped = await this.#dropEach(shards, key, taken);
    this.#owed.delete(text);
    if (this.#job.find(key, this.#job.clock.now()) === undefined) this.#job.losses?.markGone(key);
    else this.#sole.set(text, true);
    return dropped;
  }

  async #dropEach(shards: readonly number[], key: Key, taken: boolean): Promise<boolean> {
    let dropped = false;
    for (const shard of [...shards].reverse()) dropped = (await this.#drop(shard, key, taken)) || dropped;
    return dropped;
  }

  /** One that was not answered is called the same when it is repeated, so that the shard can say again what it said. */
  async #drop(shard: number, key: Key, taken: boolean): Promise<boolean> {
    const what = `${shard} ${key.toString()}`;
    const name = this.#unanswered.get(what) ?? `${this.#prefix}${++this.#drops}`;
    this.#unanswered.set(what, name);
    const reply = await this.#ask(shard, ['SATCHEL.DROP', ...this.#name(), bytesOf(key), taken ? '1' : '0', name]);
    this.#unanswered.delete(what);
    return lengthAt(reply, 0) === 1;
  }

  #ask(shard: number, words: readonly (Buffer | string)[]): Promise<Buffer> {
    return callShard(this.#calls(), this.#job, shard, words);
  }

  /** Who asks, and by which epoch. */
  #name(): [string, string] {
    return [String(this.#job.shard), String(this.#job.configuration.epoch)];
  }
}

/** The error that a key is lost is looked at later; every other is thrown. */
function lostOnly(error: unknown): SatchelError {
  if (error instanceof SatchelError && error.code === 'lost') return error;
  throw error;
}

function bytesOf(key: Key): Buffer {
  return Buffer.from(key.buffer.subarray(key.start, key.end));
}

function slotOfKey(key: Key): number {
  return slotOfBytes(key.buffer, key.start, key.end);
}
