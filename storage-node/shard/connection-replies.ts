import type { ReplyBuffer, ReplyWriter, RespVersion } from '@satchel/proto/resp';
import type { StoredObject } from '../store/tier-store.js';
import { ForwardWindow } from './forward-window.js';
import { hold } from './hold.js';
import { linkPush } from './link-protocol.js';
import { OutputParts } from './output-parts.js';
import type { OutputPool } from './output-pool.js';
import { type PendingReply, ReplyQueue } from './reply-queue.js';
import { appendReply } from './reply-version.js';
import type { Transport } from './transport.js';
import { retractReplies } from './uncommitted.js';

/** The part of a connection that keeps its replies, in the order of its commands, until they are sent. */
export abstract class ConnectionReplies {
  protected readonly pool: OutputPool;
  protected output: ReplyBuffer | undefined;
  protected pushes: ReplyBuffer | undefined;
  protected queue: ReplyQueue | undefined;
  /** Replies before `output`, once there is a large one. */
  protected parts: OutputParts | undefined;
  /** Why later commands are held back; see hold.ts. */
  protected holds = 0;
  /** What its bytes go through: the socket, or a ring. */
  protected abstract transport: Transport;
  readonly #window = new ForwardWindow();
  #version: RespVersion = 2;
  #whenCaughtUp: (() => void) | undefined;

  constructor(pool: OutputPool) {
    this.pool = pool;
  }

  abstract get closed(): boolean;

  /** Whether values may be sent from where they lie. */
  protected abstract get sendsPinned(): boolean;

  /** Lets commands go on that were held back for this reason. */
  abstract release(reason: number): void;

  /** Sees to it that what was written is sent as the turn ends. */
  protected abstract list(): void;

  get version(): RespVersion {
    return this.#version;
  }

  set version(version: RespVersion) {
    this.#version = version;
    if (this.output) this.output.version = version;
  }

  /** Where the reply to the command under way is written. */
  target(): ReplyBuffer {
    if (this.queue !== undefined && this.queue.size > 0) return this.queue.tail(this.#version);
    this.output ??= this.pool.take(this.#version);
    return this.output;
  }

  /** Whether the replies to all earlier commands are there. */
  get caughtUp(): boolean {
    return this.queue === undefined || this.queue.size === 0;
  }

  /** Calls back once `caughtUp`, unless the connection closes before; for the one command that holds it back. */
  whenCaughtUp(callback: () => void): void {
    this.#whenCaughtUp = callback;
  }

  /** Keeps a place among the replies for one that comes later; `settle` or `settleHandler` fills it. */
  expect(): PendingReply {
    this.queue ??= new ReplyQueue(this.pool);
    const entry = this.queue.add();
    if (this.#window.isFull(this.queue.size, this.outputBytes())) this.hold(hold.forwards);
    return entry;
  }

  /** Fills a place with a whole reply in RESP3; the bytes are only borrowed. */
  settle(entry: PendingReply, bytes: Buffer, start: number, end: number): void {
    const queue = this.queue;
    if (this.closed || queue === undefined) return;
    this.#window.observe(end - start);
    if (queue.isNext(entry)) {
      this.output ??= this.pool.take(this.#version);
      appendReply(this.output, bytes, start, end);
      queue.settle(entry);
    } else queue.settle(entry, Buffer.from(bytes.subarray(start, end)));
    this.#settled(queue);
  }

  /**
   * Turns the reply under way, that `reply` holds from `mark` on, into one that comes later: the handler keeps the buffer, earlier
   * replies in it go their way. The command is to be settled by `settleHandler`.
   */
  defer(reply: ReplyBuffer, mark: number): PendingReply {
    const before = mark > 0 ? this.pool.take(this.#version) : undefined;
    before?.raw(reply.buffer.subarray(0, mark));
    if (reply === this.output) this.output = before;
    else this.queue?.replaceTail(before);
    const entry = this.expect();
    entry.reply = reply;
    entry.from = mark;
    return entry;
  }

  /**
   * Turns the reply under way into one that is announced in its place and pushed when it is there, so that a link's later
   * replies do not wait for it. The handler keeps the buffer; see `pushReply`.
   */
  setAside(reply: ReplyBuffer, mark: number, id: number): void {
    const output = this.pool.take(this.#version);
    output.raw(reply.buffer.subarray(0, mark));
    output.push(2);
    output.text(linkPush.deferred);
    output.integer(id);
    this.output = output;
  }

  /** Pushes a reply that was set aside, and takes its buffer back. */
  pushReply(reply: ReplyBuffer, mark: number, id: number): void {
    if (this.closed) return;
    this.push((pushes) => {
      pushes.push(3);
      pushes.text(linkPush.reply);
      pushes.integer(id);
      pushes.raw(reply.buffer.subarray(mark, reply.length));
    });
    this.pool.giveBack(reply);
  }

  /** See Session. */
  pin(reply: ReplyWriter, object: StoredObject, from: number, to: number): boolean {
    const output = this.output;
    if (output === undefined || reply !== output || !this.sendsPinned) return false;
    const value = object.pin?.(from, to);
    if (value === undefined) return false;
    this.parts ??= new OutputParts(this.pool);
    this.parts.addReplies(output);
    this.output = undefined;
    this.parts.addValue(to - from, value);
    return true;
  }

  /** The handler that was given a buffer by `defer` has written its reply. */
  settleHandler(entry: PendingReply): void {
    const queue = this.queue;
    if (this.closed || queue === undefined) return;
    queue.settle(entry);
    this.#settled(queue);
  }

  /** Holds later commands back until the same reason is released. */
  hold(reason: number): void {
    this.holds |= reason;
  }

  push(write: (reply: ReplyWriter) => void): void {
    if (this.closed) return;
    this.pushes ??= this.pool.take(this.#version);
    write(this.pushes);
    this.list();
  }

  /** Bytes of this turn's replies. */
  protected unsentBytes(): number {
    return (this.output?.length ?? 0) + (this.pushes?.length ?? 0) + (this.parts?.bytes ?? 0);
  }

  /** Bytes that wait for the client, or for replies before them. */
  protected outputBytes(): number {
    return this.transport.writableLength + (this.queue?.waitingBytes ?? 0);
  }

  /** Replies not sent yet become errors. */
  protected retractReplies(line: string): void {
    for (const output of [this.output, this.pushes]) if (output) retractReplies(output, 0, line);
    this.parts?.retract(line);
    this.queue?.retract(line);
  }

  protected forgetReplies(): void {
    this.queue?.clear();
    this.parts?.clear();
    this.output = undefined;
    this.pushes = undefined;
  }

  #settled(queue: ReplyQueue): void {
    this.output ??= this.pool.take(this.#version);
    queue.drainInto(this.output);
    this.list();
    const outputBytes = this.outputBytes();
    if ((this.holds & hold.forwards) !== 0 && this.#window.isRoomy(queue.size, outputBytes)) this.release(hold.forwards);
    if (this.#whenCaughtUp === undefined || !this.caughtUp) return;
    const callback = this.#whenCaughtUp;
    this.#whenCaughtUp = undefined;
    callback();
  }
}
