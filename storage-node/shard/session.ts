import type { Verb } from '@satchel/proto/core';
import type { ReplyWriter, RespVersion } from '@satchel/proto/resp';
import type { StoredObject } from '../store/tier-store.js';
import type { ShardJob } from './job.js';

/** Which door a connection came in by: it decides how commands are routed. */
export type SessionMode =
  /** Serves the whole job: forwards, splits and merges. */
  | 'endpoint'
  /** Strict Redis Cluster: MOVED, CROSSSLOT, shard-local listing. */
  | 'direct'
  /** Another shard: shard-local for the job that SATCHEL.ON names. */
  | 'link';

/** What AUTH established. */
export interface SessionIdentity {
  /** The job's id. */
  readonly job: string;
  readonly namespace: string;
  readonly verbs: readonly Verb[];
  /** The token as it was given, to introduce the job to other shards. */
  readonly token: string;
  readonly shardJob: ShardJob;
  /** Of a link: what is refused because its slots have left is not to be carried out elsewhere; the other shard sees to that. */
  readonly stays?: boolean;
}

/** One client's connection as commands see it. */
export interface Session {
  /** Unique in the shard's lifetime, ascending. */
  readonly id: number;
  readonly mode: SessionMode;
  /** `host:port` of the other end, or the path of the Unix socket. */
  readonly peer: string;
  readonly connectedMs: number;
  /** Set by CLIENT SETNAME; empty by default. */
  name: string;
  /** RESP version its replies are written in; 2 until HELLO 3. */
  readonly version: RespVersion;
  /** Undefined before AUTH. On a link: the job of the command being run, with every verb. */
  readonly identity: SessionIdentity | undefined;
  /** True once the other end is gone; pushes are then dropped. */
  readonly closed: boolean;
  /**
   * Writes an out-of-band message (RESP3) after the reply under way; may be called at any time. The message is sent at the end
   * of the event-loop turn, after the stores were flushed.
   */
  push(write: (reply: ReplyWriter) => void): void;
  /**
   * Replies, instead of through `reply`, with bytes [from, to) of a value from where they lie, as a bulk string; false if that is not to be
   * had here, or not worth it, and nothing was done.
   */
  pin?(reply: ReplyWriter, object: StoredObject, from: number, to: number): boolean;
  /** Calls back once when the connection ends, for whatever reason; at once if it has. Returns what unregisters. */
  onClose(callback: () => void): () => void;
}

/** What only the commands of a connection itself change; see commands/connection.ts. */
export interface ConnectionSession extends Session {
  mode: SessionMode;
  version: RespVersion;
  identity: SessionIdentity | undefined;
  /** CLIENT SETINFO. */
  libraryName: string;
  libraryVersion: string;
  readonly lastCommand: string;
  readonly lastActiveMs: number;
  /** Channels and patterns it subscribes to; kept by Channels. */
  subscriptions: number;
  /**
   * Writes a message that it subscribes to: as `push`, but with RESP2 in its place among the replies. A connection that does not read its messages is
   * closed at limits.subscriberOutputBytes.
   */
  message(write: (reply: ReplyWriter) => void): void;
  /** Takes large commands from now on: the other side has authenticated. */
  trusted(): void;
  /** Lets its client go on through shared memory; see commands/ring.ts. */
  openRing(): void;
  /** Closes after the replies written so far were sent. */
  quit(): void;
}

/** Narrows to what commands of the connection itself may change; sessions that stand for no connection are not that. */
export function isConnectionSession(session: Session): session is ConnectionSession {
  return 'quit' in session;
}
