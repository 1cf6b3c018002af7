import { assert, type SatchelError, slotOfBytes } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import { inTurn } from '../in-turn.js';
import type { ShardJob } from '../job.js';
import { ListValue } from './list-value.js';

/** Writes the reply to a pop that has found something. */
export type PopAnswer = (reply: ReplyWriter) => void;

/** A command that takes an element of a list, or waits until there is one. */
export interface PopRequest {
  /** Lists it takes of; the first with an element counts. They own their bytes. */
  readonly keys: readonly Key[];
  /** All keys that it changes. */
  readonly held: readonly Key[];
  /** Takes of the list at `key`, in the turn of all that are held; undefined: there is none. Throws or rejects if the element has no place to go. */
  attempt(job: ShardJob, key: Key, nowMs: number): PopAnswer | undefined | Promise<PopAnswer | undefined>;
  /** After a successful attempt, outside of any turn. */
  taken?(job: ShardJob): void;
}

/** Somebody who waits. While something is offered nobody else is promised the same element, but a pop that does not wait may take it. */
export interface PopWaiter {
  readonly request: PopRequest;
  /** Key of the list that is offered; kept by {@link BlockedPops}. */
  offered: Key | undefined;
  /** There is an element at the key: to be answered by `withdraw` or `remove`. Called outside of any turn. */
  offer(key: Key): void;
  /** The wait is over: a key of it failed. */
  fail(error: SatchelError): void;
}

interface Queue {
  /** In order of arrival. */
  readonly waiters: Set<PopWaiter>;
  /** How many of them an element of this list is offered to. */
  offers: number;
}

/** Who waits for an element of a list, first come first served: as many are told as there are elements, each once. */
export class BlockedPops {
  readonly #job: ShardJob;
  readonly #queues = new Map<string, Queue>();
  readonly #names = new Map<string, PopWaiter>();

  constructor(job: ShardJob) {
    this.#job = job;
  }

  /** Lists that are waited for. */
  get size(): number {
    return this.#queues.size;
  }

  /** How many wait for the list of a key, given as one latin1 character per byte. */
  waitersAt(key: string): number {
    return this.#queues.get(key)?.waiters.size ?? 0;
  }

  /** The first of a request's lists with elements that nobody waits for, in the turn of all of them: who waits takes first. Throws as `Collections.list`. */
  available(request: PopRequest, nowMs: number): Key | undefined {
    return request.keys.find(
      (key) => this.#job.collections.list(key, nowMs) !== undefined && this.waitersAt(key.toString()) === 0,
    );
  }

  /** Begins to wait, to be followed by `serve` of its keys outside of any turn. `name`: for `named`; `offered`: the key of a list whose element it has been promised. */
  add(waiter: PopWaiter, name?: string, offered?: Key): void {
    for (const key of waiter.request.keys) this.#job.steering.assertOwned(key);
    for (const key of waiter.request.keys) {
      const text = key.toString();
      const queue = this.#queues.get(text) ?? { waiters: new Set(), offers: 0 };
      this.#queues.set(text, queue);
      queue.waiters.add(waiter);
    }
    if (name !== undefined) this.#names.set(name, waiter);
    if (offered !== undefined) this.#promise(waiter, offered);
  }

  named(name: string): PopWaiter | undefined {
    return this.#names.get(name);
  }

  /** Ends a wait; what was offered goes to the next. Idempotent. */
  remove(waiter: PopWaiter, name?: string): void {
    const offered = this.#takeBack(waiter);
    for (const key of waiter.request.keys) {
      const text = key.toString();
      const queue = this.#queues.get(text);
      if (queue?.waiters.delete(waiter) && queue.waiters.size === 0) this.#queues.delete(text);
    }
    if (name !== undefined && this.#names.get(name) === waiter) this.#names.delete(name);
    if (offered !== undefined) this.serve(offered);
  }

  /** What was offered is not there any more: the waiter goes on waiting, at its place. */
  withdraw(waiter: PopWaiter): void {
    if (this.#takeBack(waiter) === undefined) return;
    for (const key of waiter.request.keys) this.serve(key);
  }

  /** Offers what has come to a list, to be called after each command that may have added to it, outside of any turn. */
  serve(key: Key): void {
    if (!this.#queues.has(key.toString())) return;
    const own = key.copy();
    const told: PopWaiter[] = [];
    const tell = () => {
      for (const waiter of told) if (waiter.offered !== undefined) waiter.offer(own);
    };
    const choose = (_: this, __: Key, nowMs: number) => this.#choose(own, nowMs, told);
    const chosen = inTurn(this.#job, this, own, 'write', this.#job.clock.now(), choose);
    if (chosen === undefined) tell();
    else void chosen.then(tell);
  }

  /** Ends all waits that include this key. */
  fail(key: Key, error: SatchelError): void {
    for (const waiter of [...(this.#queues.get(key.toString())?.waiters ?? [])]) waiter.fail(error);
  }

  /** Ends the waits for lists of slots for which `why` names an error. */
  endThose(why: (slot: number) => SatchelError | undefined): void {
    for (const text of [...this.#queues.keys()]) {
      const key = Key.of(Buffer.from(text, 'latin1'));
      const error = why(slotOfBytes(key.buffer, key.start, key.end));
      if (error !== undefined) this.fail(key, error);
    }
  }

  #choose(key: Key, nowMs: number, told: PopWaiter[]): void {
    const queue = this.#queues.get(key.toString());
    const list = this.#job.find(key, nowMs);
    if (queue === undefined || !(list instanceof ListValue)) return;
    for (const waiter of queue.waiters) {
      if (list.size <= queue.offers) return;
      if (waiter.offered !== undefined) continue;
      this.#promise(waiter, key);
      told.push(waiter);
    }
  }

  #promise(waiter: PopWaiter, key: Key): void {
    const queue = this.#queues.get(key.toString());
    assert(queue !== undefined, 'only who waits is promised something');
    waiter.offered = key;
    queue.offers++;
  }

  #takeBack(waiter: PopWaiter): Key | undefined {
    const { offered } = waiter;
    if (offered === undefined) return undefined;
    waiter.offered = undefined;
    const queue = this.#queues.get(offered.toString());
    if (queue !== undefined) queue.offers--;
    return offered;
  }
}
