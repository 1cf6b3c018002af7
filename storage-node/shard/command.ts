import type { Verb } from '@satchel/proto/core';
import type { CommandArguments, ReplyWriter } from '@satchel/proto/resp';
import type { ShardJob } from './job.js';
import type { Session } from './session.js';

/** How a command is routed on a job's endpoint; on the direct port it runs on this shard or is refused. */
export type Scope =
  /** Concerns the connection or this shard only. */
  | 'connection'
  /** Exactly one key: runs on the shard of its slot. */
  | 'key'
  /** Several keys: split by shard, replies merged as `merge` says. */
  | 'keys'
  /** The whole job: runs on every shard of the job, replies merged as `merge` says. */
  | 'job';

/** How the endpoint merges the replies of the shards. `scan` and `wait` have code of their own in the router. */
export type Merge = 'sum' | 'array' | 'ok' | 'any' | 'pubsub' | 'scan' | 'wait';

/** Key positions as COMMAND announces them: the last may be negative, counted from the end. */
export interface KeyPositions {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** What a handler is given. One object is reused: it is valid until the handler returns or, if async, settles. */
export interface CommandContext {
  readonly args: CommandArguments;
  readonly reply: ReplyWriter;
  readonly session: Session;
  /** The authenticated job. Commands of scope `connection` must not touch it unless the session is authenticated. */
  readonly job: ShardJob;
  /** Milliseconds since the Unix epoch, read once for the command. */
  readonly nowMs: number;
}

/**
 * One command. The handler writes exactly one reply, or throws a SatchelError, which becomes the reply. A handler that returns a
 * promise holds back the later commands of its connection until it settles; it gets arguments that own their bytes.
 */
export interface Command {
  /** Lower case. */
  readonly name: string;
  /** As in Redis: the exact number of arguments with the name, or its negative minimum. */
  readonly arity: number;
  readonly scope: Scope;
  readonly keys?: KeyPositions;
  readonly merge?: Merge;
  /** Runs on every shard of the job on the direct port too. */
  readonly everywhere?: boolean;
  /** Allowed on a connection of RESP2 that subscribes to something. */
  readonly whileSubscribed?: boolean;
  /** Its keys must lie on one shard: it changes them as one. */
  readonly together?: boolean;
  /** Its key is one of a chunk of a striped object, which no other command may name. */
  readonly chunks?: true;
  /**
   * The argument that may flow to dram as it arrives, if it is large: the handler stores it by `putArgument` and does nothing else with
   * it. `last`: only if no options follow.
   */
  readonly flow?: { readonly argument: number; readonly last: boolean };
  /** What the token must allow; none: any authenticated session. */
  readonly verb?: Verb;
  /** Allowed before AUTH. */
  readonly unauthenticated?: boolean;
  /** Further flags that COMMAND announces, such as `fast` or `blocking`. */
  readonly flags?: readonly string[];
  run(context: CommandContext): void | Promise<void>;
}
