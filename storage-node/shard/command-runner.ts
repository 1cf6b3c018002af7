import { assert, SatchelError } from '@satchel/proto/core';
import { CommandArguments, type ReplyBuffer, type ReplyWriter } from '@satchel/proto/resp';
import type { Logger } from 'pino';
import type { Command, CommandContext } from './command.js';
import type { ShardJob } from './job.js';
import type { Session } from './session.js';
import type { ServerStatistics } from './shard-environment.js';
import type { Turn } from './turn.js';
import { uncommittedLine } from './uncommitted.js';

class Context implements CommandContext {
  args: CommandArguments = noArguments;
  nowMs = 0;
  #reply: ReplyWriter | undefined;
  #session: Session | undefined;
  #job: ShardJob | undefined;

  set(args: CommandArguments, reply: ReplyWriter, session: Session, job: ShardJob | undefined): void {
    this.args = args;
    this.#reply = reply;
    this.#session = session;
    this.#job = job;
    this.nowMs = Date.now();
  }

  get reply(): ReplyWriter {
    return this.#reply as ReplyWriter;
  }

  get session(): Session {
    return this.#session as Session;
  }

  get job(): ShardJob {
    assert(this.#job, 'a command that touches the job runs on an authenticated session');
    return this.#job;
  }
}

const noArguments = new CommandArguments();

/** Runs handlers: every end of one, thrown or not, now or later, becomes exactly one reply. */
export class CommandRunner {
  readonly #turn: Turn;
  readonly #statistics: ServerStatistics;
  readonly #log: Logger;
  #context = new Context();

  constructor(turn: Turn, statistics: ServerStatistics, log: Logger) {
    this.#turn = turn;
    this.#statistics = statistics;
    this.#log = log;
  }

  /**
   * Runs a command. Undefined: its reply stands in `reply`. A promise: `reply` and `args`, which now own their bytes, are the
   * handler's until it settles, with the reply written; it never rejects.
   */
  run(
    command: Command,
    args: CommandArguments,
    reply: ReplyBuffer,
    session: Session,
    job: ShardJob | undefined,
  ): Promise<void> | undefined {
    const mark = reply.length;
    const context = this.#context;
    context.set(args, reply, session, job);
    let underWay: Promise<void> | undefined;
    try {
      underWay = command.run(context) ?? undefined;
    } catch (error) {
      this.#failed(command, reply, mark, error);
    }
    if (job !== undefined) {
      job.usage.requests++;
      if (job.dirty) this.#turn.jobChanged(job);
    }
    if (underWay === undefined) return undefined;
    this.#context = new Context();
    args.own();
    return this.#finish(underWay, command, reply, mark, job);
  }

  /** Commits what a command did to the job whose `reply`, from `mark` on, is passed on before the turn ends; a failure becomes the reply. */
  commit(job: ShardJob, reply: ReplyBuffer, mark: number): void {
    const error = this.#turn.commit(job);
    if (error === undefined) return;
    reply.truncate(mark);
    reply.error(uncommittedLine(error));
  }

  async #finish(
    underWay: Promise<void>,
    command: Command,
    reply: ReplyBuffer,
    mark: number,
    job: ShardJob | undefined,
  ): Promise<void> {
    try {
      await underWay;
    } catch (error) {
      this.#failed(command, reply, mark, error);
    }
    if (job?.dirty) this.#turn.jobChanged(job);
  }

  #failed(command: Command, reply: ReplyBuffer, mark: number, error: unknown): void {
    this.#statistics.errors++;
    reply.truncate(mark);
    if (error instanceof SatchelError && error.code !== 'internal') {
      reply.error(error.toRespLine());
      return;
    }
    this.#log.error({ err: error, command: command.name }, 'a command failed');
    reply.error('ERR internal error');
  }
}
