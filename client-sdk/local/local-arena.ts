import { join } from 'node:path';
import { type Reply, ReplyError } from '@satchel/proto/resp';
import { ArenaReader, loadMapping, mappedArenaFiles, mappingProblem } from '@satchel/proto/shared-memory';
import { Notice, type Pending } from '../call.js';

/** A connection as an arena needs it. */
export interface ArenaConnection {
  readonly ready: boolean;
  send(call: Pending): void;
}

/** Told what happens to an arena. */
export interface ArenaOwner {
  /** A question was answered: there is a reader now, or why there is none. */
  answered(): void;
  /** A reader is not used any longer; its counters are final. */
  retired(reader: ArenaReader): void;
}

/** After a question in vain the next one waits for this long, after each further one twice as long, up to the most. */
const leastPauseMs = 1;
const mostPauseMs = 30_000;

/**
 * The job's arena on the shard at the other end of a connection. It is asked for when the connection is made, and again when the shard has
 * put another in its place; it is read only while the connection is up.
 */
export class LocalArena {
  /** Undefined: there is nothing to read now. */
  reader: ArenaReader | undefined;
  /** Why there is no reader; empty if there is one, or nothing is known yet. */
  problem = '';
  readonly #connection: ArenaConnection;
  readonly #socketDir: string;
  readonly #owner: ArenaOwner;
  #asking = false;
  /** Questions in vain since the connection was made. */
  #vain = 0;
  #nextMs = 0;
  /** Whether asking again is of no use while the connection lasts. */
  #refused = false;
  /** Reads that were reported, of all there were; and their bytes. */
  #reported = 0;
  #reportedBytes = 0;
  #retired = 0;
  #retiredBytes = 0;

  constructor(connection: ArenaConnection, socketDir: string, owner: ArenaOwner) {
    this.#connection = connection;
    this.#socketDir = socketDir;
    this.#owner = owner;
  }

  /** The connection was made: the question for the arena, to be sent as its first command. */
  connected(): Pending {
    this.close();
    this.#vain = 0;
    this.#refused = false;
    return this.#question();
  }

  /** The connection broke. */
  disconnected(): void {
    this.#asking = false;
    this.close();
  }

  /** Lets go of the memory. Idempotent. */
  close(): void {
    const { reader } = this;
    if (reader === undefined) return;
    this.reader = undefined;
    this.#retired += reader.served;
    this.#retiredBytes += reader.servedBytes;
    reader.close();
    this.#owner.retired(reader);
  }

  /** Whether asking again may help. */
  get hopeful(): boolean {
    return this.reader === undefined && !this.#refused;
  }

  /** To be called when a read failed, a call ended, and from time to time: an arena that has ended gives way to its successor. */
  check(): void {
    if (this.reader?.live === false) this.close();
    if (this.reader !== undefined || this.#asking || this.#refused || !this.#connection.ready) return;
    if (this.#vain === 0 || performance.now() >= this.#nextMs) this.#connection.send(this.#question());
  }

  sweep(): void {
    this.check();
    this.reader?.sweep();
  }

  /** What was read since the last report, as the command that reports it; undefined if there is nothing. */
  report(): readonly [string, number, number] | undefined {
    const served = this.#retired + (this.reader?.served ?? 0);
    const bytes = this.#retiredBytes + (this.reader?.servedBytes ?? 0);
    if (served === this.#reported || !this.#connection.ready) return undefined;
    const report = ['SATCHEL.LOCALREADS', served - this.#reported, bytes - this.#reportedBytes] as const;
    this.#reported = served;
    this.#reportedBytes = bytes;
    return report;
  }

  #question(): Pending {
    this.#asking = true;
    return new ArenaQuestion((reply) => this.#answered(reply));
  }

  #answered(reply: Reply): void {
    if (!this.#asking) return;
    this.#asking = false;
    const folder = reply instanceof Map ? reply.get('folder') : undefined;
    this.#refused = reply instanceof ReplyError;
    this.problem = typeof folder === 'string' || Buffer.isBuffer(folder) ? this.#open(String(folder)) : refusal(reply);
    this.#nextMs = performance.now() + Math.min(mostPauseMs, leastPauseMs * 2 ** Math.min(20, this.#vain));
    this.#vain = this.reader === undefined ? this.#vain + 1 : 0;
    this.#owner.answered();
  }

  /** Returns why there is no reader. */
  #open(folder: string): string {
    const mapping = loadMapping();
    this.#refused = mapping === undefined;
    if (mapping === undefined) return mappingProblem();
    try {
      this.reader = ArenaReader.open(mappedArenaFiles(mapping, join(this.#socketDir, folder)));
      return this.reader === undefined ? `no arena that can be read is in ${folder} of ${this.#socketDir}` : '';
    } catch (error) {
      return `the arena cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

function refusal(reply: Reply): string {
  if (reply instanceof ReplyError) return reply.line;
  const reason = reply instanceof Map ? reply.get('reason') : undefined;
  return reason === undefined || reason === null ? 'the shard shares no memory' : String(reason);
}

/** Asks a shard for the job's arena. Nobody waits for the answer, so it neither keeps the process alive nor fails anything. */
class ArenaQuestion extends Notice {
  readonly #answered: (reply: Reply) => void;

  constructor(answered: (reply: Reply) => void) {
    super(['SATCHEL.ARENA']);
    this.#answered = answered;
  }

  override onReply(reply: Reply): void {
    super.onReply(reply);
    this.#answered(reply);
  }
}
