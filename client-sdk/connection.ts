import { dirname } from 'node:path';
import { limits, type SatchelError } from '@satchel/proto/core';
import { type Reply, ReplyError } from '@satchel/proto/resp';
import { hasSpinFolder } from '@satchel/proto/shared-memory';
import { type Address, formatAddress } from './address.js';
import { backoffMs } from './backoff.js';
import { type Carrier, Notice, type Pending } from './call.js';
import { CallQueue } from './call-queue.js';
import { brokenOff, finalRefusal, overdue, unreachable } from './connection-errors.js';
import { type ConnectionContext, type ConnectionState, idle } from './connection-state.js';
import { Fences } from './fence.js';
import type { LocalArena } from './local/local-arena.js';
import type { RingAccess } from './ring/ring-socket.js';
import { Ticker, type Ticking } from './ticker.js';
import type { WaitCall } from './wait-call.js';
import { Wire, type WireHandler } from './wire.js';

/**
 * The one connection to a shard: all calls are sent through it one behind the other and answered in that order; waits are
 * answered by pushes. It connects when there is something to send and again when it broke while something was pending. After a break it
 * sends again what was not yet written or is repeatable; the rest fails with `unknown-outcome`.
 */
export class Connection implements Ticking, WireHandler, Carrier {
  readonly name: string;
  readonly address: Address;
  /** Where the job's objects of this shard can be read in place, while the connection is up. */
  arena: LocalArena | undefined;
  readonly #context: ConnectionContext;
  #state: ConnectionState = idle;
  /** Not sent yet, in order. */
  readonly #waiting = new CallQueue();
  /** Sent, in the order their answers will come. */
  readonly #inFlight = new CallQueue();
  /** Registered waits by id, until their push arrives. */
  readonly #waits = new Map<number, WaitCall<unknown>>();
  #attempt = 0;
  /** The shard gave no ring when it was last asked. */
  #ringRefused = false;
  #earliestDeadline = Number.POSITIVE_INFINITY;
  #lastReplyTick = 0;
  #lastError: Error | undefined;
  readonly #drained: (() => void)[] = [];
  readonly #fences = new Fences((fence) => this.send(fence));

  constructor(context: ConnectionContext, address: Address) {
    this.#context = context;
    this.address = address;
    this.name = formatAddress(address);
    context.ticker.add(this);
  }

  /** Whether calls go out at once. */
  get ready(): boolean {
    return this.#state.kind === 'ready';
  }

  /** Whether nothing is under way. */
  get unused(): boolean {
    return this.#inFlight.length === 0 && this.#waiting.length === 0 && this.#waits.size === 0;
  }

  send(call: Pending): void {
    const state = this.#state;
    if (call.deadlineTick < this.#earliestDeadline) this.#earliestDeadline = call.deadlineTick;
    if (state.kind === 'ready' && this.#waiting.length === 0 && this.#open(state.wire)) {
      this.#transmit(state.wire, call);
    } else if (state.kind === 'closed') {
      call.fail(state.error);
    } else {
      call.sinceTick = this.#context.ticker.now;
      this.#waiting.push(call);
      if (state.kind === 'idle') this.#connect();
    }
  }

  fence(passed: () => void): void {
    if (this.#inFlight.length === 0 && this.#waiting.length === 0) passed();
    else this.#fences.add(passed);
  }

  /** Takes a wait off that has ended here, and tells the shard if it still knows of it. */
  forget(wait: WaitCall<unknown>): void {
    if (this.#waits.delete(wait.waitId) && this.#state.kind === 'ready') {
      this.send(new Notice(['SATCHEL.UNWATCH', wait.waitId]));
    }
  }

  /** Removes and returns the calls not sent yet, for another connection to send. */
  takeWaiting(): Pending[] {
    return this.#waiting.takeAll();
  }

  /** Calls that are not answered, in their order. */
  *unanswered(): Generator<Pending> {
    yield* this.#inFlight;
    yield* this.#waiting;
  }

  /** The waits registered here. */
  get waits(): IterableIterator<WaitCall<unknown>> {
    return this.#waits.values();
  }

  /** Lets calls under way finish, then closes. Waits are not waited for: they fail with `error`. */
  async close(error: SatchelError): Promise<void> {
    for (const call of [...this.#waits.values(), ...this.#waiting]) {
      if (call.waitId > 0) call.fail(error);
    }
    if (!this.unused) await new Promise<void>((resolve) => this.#drained.push(resolve));
    this.destroy(error);
  }

  /** Closes at once; whatever is pending fails with `error`. Idempotent. */
  destroy(error: SatchelError): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed', error };
    this.#context.ticker.remove(this);
    this.#context.local?.forget(this);
    if (state.kind === 'backoff') clearTimeout(state.timer);
    if (state.kind === 'connecting' || state.kind === 'ready') state.wire.destroy();
    for (const call of [...this.#inFlight.takeAll(), ...this.#waiting.takeAll(), ...this.#waits.values()]) call.fail(error);
    this.#waits.clear();
    this.#settleDrained();
  }

  onOpen(): void {
    if (this.#state.kind !== 'connecting') return;
    const { job, token } = this.#context.credentials;
    this.#state.wire.send(['HELLO', 3, 'AUTH', job, token], false);
  }

  onReply(reply: Reply): void {
    this.#lastReplyTick = this.#context.ticker.now;
    if (this.#state.kind === 'connecting') {
      this.#onGreeting(this.#state.wire, reply);
      return;
    }
    const call = this.#inFlight.shift();
    if (call === undefined) {
      this.#breakWire(new Error('the shard answered what was not asked'));
      return;
    }
    call.sent = false;
    // A wait that is refused is not registered here.
    if (call.waitId > 0 && reply instanceof ReplyError) this.#waits.delete(call.waitId);
    call.onReply(reply, this);
    if (this.#waiting.length > 0) this.#pump();
    else if (this.#drained.length > 0) this.#settleDrained();
  }

  onPush(message: readonly Reply[]): void {
    this.#lastReplyTick = this.#context.ticker.now;
    const [kind, id, value] = message;
    if (String(kind) !== 'satchel.wait' || value === undefined) return;
    const wait = this.#waits.get(Number(String(id)));
    if (wait === undefined) return;
    this.#waits.delete(wait.waitId);
    wait.onPushed(value, this);
    if (this.#drained.length > 0) this.#settleDrained();
  }

  onDrain(): void {
    if (this.#waiting.length > 0) this.#pump();
  }

  onClosed(error: Error | undefined): void {
    const state = this.#state;
    if (state.kind !== 'connecting' && state.kind !== 'ready') return;
    this.#lastError = error;
    this.#state = idle;
    this.arena?.disconnected();
    if (state.kind === 'connecting' && state.wire.isRing) {
      this.#ringRefused = true;
      this.#connect();
      return;
    }
    if (state.kind === 'ready') this.#sortOut(state.wire.unwritten);
    if (this.#waiting.length > 0) this.#connectLater();
    else this.#settleDrained();
    this.#context.onTrouble();
  }

  tick(now: number): void {
    if (this.#earliestDeadline <= now) this.#endOverdue(now);
    const state = this.#state;
    const unavailable = Ticker.ticks(this.#context.options.unavailableMs);
    if (state.kind === 'ready') this.#checkSilence(now);
    else this.#endUnavailable(now - unavailable);
    if (state.kind === 'connecting' && now - state.sinceTick > unavailable) {
      this.#breakWire(new Error('no connection within the time allowed'));
    }
    // Whoever was last to wait may have given up: then there is nothing to connect for.
    if (state.kind === 'backoff' && this.#waiting.length === 0) {
      clearTimeout(state.timer);
      this.#state = idle;
    }
    if (this.#drained.length > 0) this.#settleDrained();
  }

  #open(wire: Wire): boolean {
    return this.#inFlight.length < limits.clientPipeline && !wire.full;
  }

  #transmit(wire: Wire, call: Pending): void {
    if (call.settled) return;
    const now = this.#context.ticker.now;
    call.sinceTick = now;
    call.sent = true;
    this.#inFlight.push(call);
    if (call.waitId > 0) this.#register(call as WaitCall<unknown>);
    wire.send(call.arguments(now), this.#inFlight.length === 1);
  }

  #register(wait: WaitCall<unknown>): void {
    this.#waits.set(wait.waitId, wait);
    wait.home = this;
  }

  #pump(): void {
    const state = this.#state;
    if (state.kind !== 'ready') return;
    while (this.#waiting.length > 0 && this.#open(state.wire)) this.#transmit(state.wire, this.#waiting.shift() as Pending);
  }

  #connect(): void {
    const wire = new Wire(this.address, this.#context.readBuffer, this, this.#ringAccess());
    this.#state = { kind: 'connecting', wire, sinceTick: this.#context.ticker.now };
  }

  /** How to get a ring; undefined if the shard is not on this host, or would give none. */
  #ringAccess(): RingAccess | undefined {
    const path = this.address.socket;
    const { credentials, options } = this.#context;
    if (path === undefined || options.local === 'off' || this.#ringRefused || !hasSpinFolder(dirname(path))) return undefined;
    const expects = (): boolean => this.#inFlight.length > 0 || this.#state.kind === 'connecting';
    return { path, ...credentials, expects, timeoutMs: options.unavailableMs };
  }

  #connectLater(): void {
    this.#attempt++;
    this.#ringRefused = false;
    const timer = setTimeout(() => this.#connect(), backoffMs(this.#attempt, Math.random()));
    // The ticker keeps the process alive while a call is pending.
    timer.unref();
    this.#state = { kind: 'backoff', timer };
  }

  #onGreeting(wire: Wire, reply: Reply): void {
    if (reply instanceof ReplyError) {
      const error = finalRefusal(reply.line);
      if (error === undefined) {
        wire.destroy(new Error(reply.line));
        return;
      }
      this.#state = idle;
      wire.destroy();
      for (const call of this.#waiting.takeAll()) call.fail(error);
      this.#settleDrained();
      return;
    }
    this.#attempt = 0;
    this.#state = { kind: 'ready', wire };
    const local = this.#context.local?.connected(this, this.address);
    this.arena = local?.arena;
    if (local !== undefined) this.#transmit(wire, local.question);
    this.#pump();
  }

  #breakWire(error: Error): void {
    if (this.#state.kind === 'connecting' || this.#state.kind === 'ready') this.#state.wire.destroy(error);
  }

  /** After a break: what may be sent again waits, in its order and before what waited already; the rest fails. */
  #sortOut(unwritten: number): void {
    const now = this.#context.ticker.now;
    const later = this.#waiting.takeAll();
    const sent = this.#inFlight.takeAll();
    const waits = [...this.#waits.values()];
    this.#waits.clear();
    for (const wait of waits) this.#again(wait, now);
    for (const [index, call] of sent.entries()) {
      call.sent = false;
      // One that is settled already was waited for by reads in place only.
      if (call.settled) call.fail(undefined);
      if (call.settled || call.waitId > 0) continue;
      const written = index < sent.length - unwritten;
      if (written && !call.repeatable) call.fail(brokenOff(this.name, call, now, this.#lastError));
      else if (written && ++call.repeats > limits.clientRepeats) call.fail(unreachable(this.name, this.#lastError));
      else this.#again(call, now);
    }
    for (const call of later) this.#again(call, now);
  }

  #again(call: Pending, now: number): void {
    call.sent = false;
    call.sinceTick = now;
    this.#waiting.push(call);
  }

  #endOverdue(now: number): void {
    this.#earliestDeadline = Number.POSITIVE_INFINITY;
    for (const queue of [this.#waiting, this.#inFlight]) {
      for (const call of queue) this.#endIfOverdue(call, now);
    }
    for (const wait of [...this.#waits.values()]) this.#endIfOverdue(wait, now);
  }

  #endIfOverdue(call: Pending, now: number): void {
    if (call.settled) return;
    if (call.deadlineTick > now) {
      this.#earliestDeadline = Math.min(this.#earliestDeadline, call.deadlineTick);
      return;
    }
    call.fail(overdue(this.name, call, now));
  }

  #checkSilence(now: number): void {
    const silence = Ticker.ticks(this.#context.options.silenceMs);
    const first = this.#inFlight.first;
    if (first === undefined || now - first.sinceTick <= silence || now - this.#lastReplyTick <= silence) return;
    this.#breakWire(new Error(`no answer for ${this.#context.options.silenceMs} ms`));
  }

  #endUnavailable(sinceTick: number): void {
    for (let call = this.#waiting.first; call !== undefined; call = this.#waiting.first) {
      if (!call.settled && call.sinceTick > sinceTick) return;
      this.#waiting.shift();
      call.fail(unreachable(this.name, this.#lastError));
    }
  }

  #settleDrained(): void {
    if (!this.unused) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
