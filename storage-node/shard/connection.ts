import type { Socket } from 'node:net';
import { limits, SatchelError } from '@satchel/proto/core';
import {
  type ArgumentSink,
  type CommandArguments,
  type ReplyWriter,
  type RequestHandler,
  RequestParser,
} from '@satchel/proto/resp';
import { CloseCallbacks } from './close-callbacks.js';
import { type TableEntry, verbBits } from './command-table.js';
import { ConnectionReplies } from './connection-replies.js';
import type { ConnectionServices } from './connection-services.js';
import { goOnNextRound } from './event-round.js';
import { hold } from './hold.js';
import type { ShardJob } from './job.js';
import type { JobRouting } from './job-routing.js';
import type { RingTransport } from './ring/ring-transport.js';
import type { SeenOff } from './see-off.js';
import type { ConnectionSession, SessionIdentity, SessionMode } from './session.js';
import { StallWatch } from './stall-watch.js';
import type { Transport } from './transport.js';
import type { Sender } from './turn.js';
import { TurnSlice } from './turn-slice.js';

/** Replies of so many bytes are sent as the turn ends, not with those of others. */
const hurryBytes = 64 * 1024;

/** One client's connection: parses its commands, keeps its replies in order, and holds it back where it has to wait. */
export class Connection extends ConnectionReplies implements ConnectionSession, RequestHandler, Sender, SeenOff {
  readonly id: number;
  mode: SessionMode;
  readonly peer: string;
  readonly connectedMs = Date.now();
  name = '';
  libraryName = '';
  libraryVersion = '';
  subscriptions = 0;
  lastActiveMs = this.connectedMs;
  /** The command it sent last: most likely the next is of the same name. */
  lastEntry: TableEntry | undefined;
  /** What its token allows, as {@link verbBits}. */
  verbs = 0;
  /** Routing of the identity's job as it was last used. */
  routing: JobRouting | undefined;
  readonly #services: ConnectionServices;
  readonly #socket: Socket;
  protected transport: Transport;
  #ring: RingTransport | undefined;
  readonly #parser: RequestParser;
  #identity: SessionIdentity | undefined;
  #readingStopped = false;
  readonly #slice: TurnSlice;
  #listed = false;
  #quitting = false;
  readonly #onClose = new CloseCallbacks();
  readonly #stall: StallWatch;

  constructor(id: number, mode: SessionMode, peer: string, socket: Socket, services: ConnectionServices) {
    super(services.pool);
    this.id = id;
    this.mode = mode;
    this.peer = peer;
    this.#socket = socket;
    this.transport = socket;
    this.#services = services;
    this.#parser = new RequestParser(this, services.inputBudget);
    this.#parser.inputLimitBytes = limits.unauthenticatedInputBytes;
    this.#slice = new TurnSlice(services.turn);
    this.#stall = new StallWatch(
      () => this.outputBytes(),
      (waitingBytes) => this.#stalled(waitingBytes),
    );
    socket.on('drain', () => this.#drained());
  }

  protected get sendsPinned(): boolean {
    return this.#ring === undefined;
  }

  get closed(): boolean {
    return this.#onClose.closed;
  }

  get identity(): SessionIdentity | undefined {
    return this.#identity;
  }

  set identity(identity: SessionIdentity | undefined) {
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.verbs = identity === undefined ? 0 : verbBits(identity.verbs);
    if (identity) this.trusted();
  }

  get lastCommand(): string {
    return this.lastEntry?.command.name ?? '';
  }

  /** From now on large commands are taken: the other side has authenticated. */
  trusted(): void {
    this.#parser.inputLimitBytes = limits.valueBytes;
  }

  /** Takes what the socket brings: commands, or, once these come through a ring, calls to look there. */
  input(buffer: Buffer, length: number): boolean {
    if (this.#ring === undefined) return this.read(buffer, length);
    this.#ring.rung();
    return true;
  }

  /** Moves to a ring, which its client gets instead of a reply. Throws if that is not to be had on this connection. */
  openRing(): void {
    if (this.peer !== 'unix') throw new SatchelError('unavailable', 'a ring is passed through a Unix socket only');
    const replies = (this.output?.length ?? 0) + (this.pushes?.length ?? 0) + this.outputBytes();
    if (this.mode !== 'endpoint' || this.#ring || !this.caughtUp || replies > 0) {
      throw new SatchelError('invalid-argument', 'SATCHEL.RING is the last command on a socket, after its replies were read');
    }
    this.#ring = this.#services.rings.open(this.#socket, (buffer, length) => this.read(buffer, length));
    this.transport = this.#ring;
    this.transport.on('drain', () => this.#drained());
  }

  /** Takes input that will be overwritten afterwards. False: no more is to be read until it asks for it. */
  read(buffer: Buffer, length: number): boolean {
    this.#services.statistics.bytesIn += length;
    this.#beginTurn();
    this.lastActiveMs = this.#services.turn.nowMs;
    this.#parser.feed(buffer, 0, length);
    this.#endTurn();
    if (this.holds === 0 || this.#parser.heldBackBytes < limits.connectionHeldBackBytes) return true;
    this.#readingStopped = true;
    return false;
  }

  onCommand(args: CommandArguments): boolean {
    const bytes = args.end(args.count - 1) - args.start(0);
    const before = this.unsentBytes();
    this.#services.dispatcher.execute(this, args);
    const unsent = this.unsentBytes();
    if (this.#slice.count(bytes + Math.max(0, unsent - before)) || unsent > limits.connectionOutputBytes) this.#yield();
    return this.holds === 0;
  }

  onLargeArgument(args: CommandArguments, length: number, argumentsLeft: number): ArgumentSink | undefined {
    return this.#services.dispatcher.beginUpload(this, args, length, argumentsLeft, () => this.#uploadStalled(length));
  }

  onOversize(error: SatchelError): boolean {
    this.#services.statistics.errors++;
    this.target().error(error.toRespLine());
    return this.holds === 0;
  }

  onMalformed(error: SatchelError): void {
    this.#services.statistics.errors++;
    this.target().error(error.toRespLine());
    this.quit();
  }

  /** Gives up the arguments of the command under way to whoever goes on with them. */
  surrenderArguments(): void {
    this.#parser.surrenderArguments();
  }

  release(reason: number): void {
    this.holds &= ~reason;
    if (this.holds !== 0 || this.closed) return;
    this.#beginTurn();
    this.#parser.resume();
    this.#endTurn();
    if (this.holds !== 0 || !this.#readingStopped || this.closed) return;
    this.#readingStopped = false;
    this.transport.resume();
  }

  message(write: (reply: ReplyWriter) => void): void {
    if (this.closed) return;
    const waitingBytes = this.outputBytes() + this.unsentBytes();
    if (waitingBytes > limits.subscriberOutputBytes)
      this.#closeSlow('closed a subscriber that does not read its messages', { waitingBytes });
    else if (this.version === 3) this.push(write);
    else {
      write(this.target());
      this.list();
    }
  }

  /** Does what leads to replies outside of a turn of its own. */
  inTurn(act: () => void): void {
    this.#beginTurn();
    act();
    this.#endTurn();
  }

  onClose(callback: () => void): () => void {
    return this.#onClose.add(callback);
  }

  isQuiet(forMs: number): boolean {
    const waitingBytes = this.outputBytes() + this.unsentBytes() + this.#parser.heldBackBytes;
    if (this.holds !== 0 || !this.caughtUp || this.#parser.midway || waitingBytes > 0) return false;
    return Date.now() - this.lastActiveMs >= forMs;
  }

  quit(): void {
    this.#parser.end();
    this.#quitting = true;
    this.list();
  }

  /** A job could not commit what replies not sent yet tell of: they become errors, as long as they may be the job's. */
  retract(job: ShardJob, line: string): void {
    if (this.mode !== 'link' && this.#identity?.shardJob !== job) return;
    this.retractReplies(line);
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.transport.destroy();
  }

  /** The socket has closed: frees everything. */
  released(): void {
    this.#onClose.close();
    this.#stall.end();
    this.#parser.end();
    this.forgetReplies();
  }

  send(): void {
    this.#listed = false;
    if (this.closed) return;
    const { pool, statistics } = this.#services;
    if (this.parts) statistics.bytesOut += this.parts.send(this.#socket);
    this.parts = undefined;
    if (this.output) statistics.bytesOut += pool.send(this.output, this.transport);
    if (this.pushes) statistics.bytesOut += pool.send(this.pushes, this.transport);
    this.output = undefined;
    this.pushes = undefined;
    if (this.#quitting && this.caughtUp) this.#finish();
    else if (this.outputBytes() > limits.connectionHeldOutputBytes) this.#stalled(this.outputBytes());
    else if (this.outputBytes() > limits.connectionOutputBytes) this.#slow();
    else if ((this.holds & hold.output) !== 0) setImmediate(() => this.#drained());
  }

  #beginTurn(): void {
    this.#services.turn.begin();
    this.#slice.begin();
  }

  #endTurn(): void {
    this.list();
    this.#services.turn.end(this.#ring !== undefined || this.unsentBytes() >= hurryBytes);
  }

  protected list(): void {
    if (this.#listed) return;
    if (this.output === undefined && this.pushes === undefined && this.parts === undefined && !this.#quitting) return;
    this.#listed = true;
    this.#services.turn.add(this);
  }

  #yield(): void {
    if ((this.holds & hold.turn) !== 0) return;
    this.hold(hold.turn);
    goOnNextRound(() => this.release(hold.turn));
  }

  /** The reader takes its replies more slowly than it sends commands. */
  #slow(): void {
    if ((this.holds & hold.output) !== 0) return;
    this.hold(hold.output);
    this.#parser.pause();
    this.#stall.watch();
  }

  #stalled(waitingBytes: number): void {
    const about = { waitingBytes, stalledMs: limits.slowReaderMs };
    this.#closeSlow('closed a connection that does not read its replies', about);
  }

  #closeSlow(reason: string, about: object): void {
    this.#services.statistics.slowReadersClosed++;
    this.#services.log.warn({ connection: this.id, peer: this.peer, ...about }, reason);
    this.destroy();
  }

  #uploadStalled(length: number): void {
    const about = { connection: this.id, peer: this.peer, valueBytes: length };
    this.#services.log.warn(about, 'closed a connection that did not go on with its value');
    this.destroy();
  }

  #drained(): void {
    if ((this.holds & hold.output) === 0 || this.outputBytes() > limits.connectionOutputBytes) return;
    this.#stall.end();
    this.release(hold.output);
  }

  /** Ends our side, and reads over what still comes for a while: an early close would make the last reply vanish. */
  #finish(): void {
    if (!this.transport.writable) return;
    this.transport.end();
    if (this.#readingStopped) this.transport.resume();
    this.#readingStopped = false;
    setTimeout(() => this.destroy(), limits.lingerMs).unref();
  }
}
