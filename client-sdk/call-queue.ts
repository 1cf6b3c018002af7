import type { Pending } from './call.js';

/** Calls in order, linked through their `next`: no allocation to enter or leave. */
export class CallQueue {
  length = 0;
  #first: Pending | undefined = undefined;
  #last: Pending | undefined = undefined;

  get first(): Pending | undefined {
    return this.#first;
  }

  push(call: Pending): void {
    call.next = undefined;
    if (this.#last === undefined) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
    this.length++;
  }

  shift(): Pending | undefined {
    const call = this.#first;
    if (call === undefined) return undefined;
    this.#first = call.next;
    if (this.#first === undefined) this.#last = undefined;
    call.next = undefined;
    this.length--;
    return call;
  }

  /** Empties the queue and returns what was in it, in order. */
  takeAll(): Pending[] {
    const calls: Pending[] = [];
    for (let call = this.shift(); call !== undefined; call = this.shift()) calls.push(call);
    return calls;
  }

  *[Symbol.iterator](): Generator<Pending> {
    for (let call = this.#first; call !== undefined; call = call.next) yield call;
  }
}
