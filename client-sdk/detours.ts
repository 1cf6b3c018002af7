import { type Call, type Carrier, type Pending, patientRedirects } from './call.js';
import { CallQueue } from './call-queue.js';

/** The calls of one slot while it moves. */
interface Detour {
  /** Where the slot's calls go. */
  target: Carrier;
  /** Whether the target has taken a call of the slot: from then on calls follow one another without waiting. */
  proven: boolean;
  /** The one call that is sent while the target is not proven. */
  head: Call<unknown> | undefined;
  /** The head waits for the next tick, because the shards do not agree yet. */
  resting: boolean;
  /** Connections that may still have to answer calls of the slot made earlier. */
  readonly draining: Set<Carrier>;
  /** Calls that were refused, in their order; they come before `later`. */
  readonly returned: CallQueue;
  /** Calls made since, in their order. */
  readonly later: CallQueue;
}

/**
 * Keeps calls on one key in the order they were made while their slot moves between shards, which learn of it one after the other: no call
 * overtakes one that was refused or is not answered yet, and the new owner has to take one call before it is sent the rest.
 */
export class Detours {
  readonly #bySlot = new Map<number, Detour>();
  readonly #slotOf: (call: Call<unknown>) => number;
  /** Slots that have moved, of which no call was made since. */
  #moved = new Set<number>();
  readonly #whenIdle: (() => void)[] = [];

  constructor(slotOf: (call: Call<unknown>) => number) {
    this.#slotOf = slotOf;
  }

  /** Whether any call might have to take a detour. */
  get active(): boolean {
    return this.#bySlot.size > 0 || this.#moved.size > 0;
  }

  /** Takes a new call if its slot moves; false: send it to its owner. */
  take(call: Call<unknown>, owner: Carrier): boolean {
    const slot = this.#slotOf(call);
    const detour = this.#bySlot.get(slot) ?? (this.#moved.delete(slot) ? this.#begin(slot, owner) : undefined);
    if (detour === undefined) return false;
    detour.later.push(call);
    this.#advance(detour);
    return true;
  }

  /** `from` has refused a call and named `target` instead. */
  redirected(call: Call<unknown>, from: Carrier, target: Carrier): void {
    const slot = this.#slotOf(call);
    const detour = this.#bySlot.get(slot) ?? this.#begin(slot, target);
    if (detour.head === call) {
      detour.target = target;
      if (call.redirects >= patientRedirects) detour.resting = true;
      else target.send(call);
      return;
    }
    if (from === detour.target) {
      detour.target = target;
      detour.proven = false;
    }
    detour.returned.push(call);
    this.#drain([detour], from);
    this.#advance(detour);
  }

  /** A call that was never sent comes back from a connection, in its order. */
  returned(call: Call<unknown>, target: Carrier): void {
    const slot = this.#slotOf(call);
    const detour = this.#bySlot.get(slot) ?? this.#begin(slot, target);
    if (detour.head === call) {
      detour.target = target;
      target.send(call);
      return;
    }
    detour.returned.push(call);
    this.#advance(detour);
  }

  /** A call that was sent on a detour was answered, or has failed. */
  arrived(call: Call<unknown>): void {
    const detour = this.#bySlot.get(this.#slotOf(call));
    if (detour === undefined || detour.head !== call) return;
    detour.head = undefined;
    detour.resting = false;
    detour.proven = true;
    this.#advance(detour);
  }

  /** The slot map has changed: `moved` slots have another owner now. `unanswered` are calls under way to the owners before. */
  routesChanged(
    moved: Set<number>,
    ownerOf: (slot: number) => Carrier,
    unanswered: ReadonlyMap<Carrier, readonly Call<unknown>[]>,
  ): void {
    for (const [slot, detour] of this.#bySlot) this.#confirm(slot, detour, ownerOf(slot));
    for (const [carrier, calls] of unanswered) {
      const detours = new Set<Detour>();
      for (const call of calls) {
        const slot = this.#slotOf(call);
        if (moved.has(slot)) detours.add(this.#bySlot.get(slot) ?? this.#begin(slot, ownerOf(slot)));
      }
      this.#drain([...detours], carrier);
    }
    // What moved before and was not used since is settled by now.
    this.#moved = moved;
    for (const slot of this.#bySlot.keys()) moved.delete(slot);
  }

  /** Sends again what rests. */
  tick(): void {
    for (const detour of this.#bySlot.values()) {
      if (!detour.resting || detour.head === undefined) continue;
      detour.resting = false;
      detour.target.send(detour.head);
    }
  }

  /** Whether calls may go to this connection. */
  leadTo(carrier: Carrier): boolean {
    for (const detour of this.#bySlot.values()) if (detour.target === carrier) return true;
    return false;
  }

  /** Calls held here. */
  *waiting(): Generator<Pending> {
    for (const { head, resting, returned, later } of this.#bySlot.values()) {
      if (resting && head !== undefined) yield head;
      yield* returned;
      yield* later;
    }
  }

  /** Resolves when no call is held here. */
  idle(): Promise<void> {
    if (this.waiting().next().done === true) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Forgets every detour and returns the calls that were held. */
  takeAll(): Pending[] {
    const calls = [...this.waiting()];
    this.#bySlot.clear();
    this.#moved.clear();
    this.#settleIdle();
    return calls;
  }

  #begin(slot: number, target: Carrier): Detour {
    const detour: Detour = {
      target,
      proven: false,
      head: undefined,
      resting: false,
      draining: new Set(),
      returned: new CallQueue(),
      later: new CallQueue(),
    };
    this.#moved.delete(slot);
    this.#bySlot.set(slot, detour);
    return detour;
  }

  /** The slot map names `owner`: a detour that agrees is over; one that does not leads there from now on. */
  #confirm(slot: number, detour: Detour, owner: Carrier): void {
    if (detour.head !== undefined && !detour.resting) return;
    if (detour.target !== owner) {
      const { target, proven } = detour;
      detour.target = owner;
      detour.proven = false;
      if (proven) this.#drain([detour], target);
    } else if (detour.proven && detour.draining.size === 0) {
      this.#bySlot.delete(slot);
    }
  }

  /** Later calls wait until `carrier` has answered everything that is under way to it now. */
  #drain(detours: readonly Detour[], carrier: Carrier): void {
    const waiting = detours.filter((detour) => !detour.draining.has(carrier));
    if (waiting.length === 0) return;
    for (const detour of waiting) detour.draining.add(carrier);
    carrier.fence(() => {
      for (const detour of waiting) {
        detour.draining.delete(carrier);
        this.#advance(detour);
      }
    });
  }

  #advance(detour: Detour): void {
    while (detour.head === undefined) {
      const call = this.#next(detour);
      if (call === undefined) break;
      if (!detour.proven) {
        detour.head = call;
        call.onDetour = true;
      }
      detour.target.send(call);
    }
    if (this.#whenIdle.length > 0) this.#settleIdle();
  }

  #next({ returned, later, draining }: Detour): Call<unknown> | undefined {
    for (;;) {
      const call = returned.shift() ?? (draining.size === 0 ? later.shift() : undefined);
      if (call === undefined || !call.settled) return call as Call<unknown> | undefined;
    }
  }

  #settleIdle(): void {
    if (this.waiting().next().done !== true) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
