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
  /** A reader was opened. */
  opened(): void;
  /** A reader is not used any longer; its counters are final. */
  retired(reader: ArenaReader): void;
}

/** Between two questions for the arena of one shard. */
const askAgainMs = 100;
/** Arenas in vain before no more is asked. */
const mostVain = 3;

/**
 * The job's arena on the shard at the other end of a connection. It is asked for when the connection is made, and again when the shard has
 * put another in its place; it is read only while the connection is up.
 */
export class LocalArena {
  /** Undefined: there is nothing to read now. */
  reader: ArenaReader | undefined;
  /** Why there is no reader; empty while it is not known or there is one. */
  problem = '';
  readonly #connection: ArenaConnection;
  readonly #socketDir: string;
  readonly #owner: ArenaOwner;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Arenas one after the other that were gone when they were to be opened. */
  #vain = 0;
  #asking = false;
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

  /** The question for the arena, to be sent as the first command of a new connection. */
  question(): Pending {
    this.close();
    this.#asking = true;
    this.#askedMs = performance.now();
    this.problem = '';
    return new ArenaQuestion((reply) => this.#answered(reply));
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

  /** To be called when a read failed, and from time to time: an arena that has ended gives way to its successor. */
  check(): void {
    if (this.reader?.live === false) this.close();
    if (this.reader !== undefined || this.problem !== '' || this.#asking || !this.#connection.ready) return;
    if (performance.now() - this.#askedMs >= askAgainMs) this.#connection.send(this.question());
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

  #answered(reply: Reply): void {
    if (!this.#asking) return;
    this.#asking = false;
    const folder = reply instanceof Map ? reply.get('folder') : undefined;
    if (typeof folder === 'string' || Buffer.isBuffer(folder)) this.#open(String(folder));
    else this.problem = refusal(reply);
  }

  #open(folder: string): void {
    const mapping = loadMapping();
    if (mapping === undefined) {
      this.problem = mappingProblem();
      return;
    }
    try {
      this.reader = ArenaReader.open(mappedArenaFiles(mapping, join(this.#socketDir, folder)));
      if (this.reader !== undefined) {
        this.#vain = 0;
        this.#owner.opened();
      } else if (++this.#vain >= mostVain) {
        // One that has ended meanwhile has a successor to be asked for; one that is not on this host has not.
        this.problem = `no arena that can be read is in ${folder} of ${this.#socketDir}`;
      }
    } catch (error) {
      this.problem = `the arena cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
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
