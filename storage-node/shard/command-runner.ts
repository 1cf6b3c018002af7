import { assert, SatchelError } from '@satchel/proto/core';
import type { ArgumentSink, CommandArguments, ReplyBuffer, ReplyWriter } from '@satchel/proto/resp';
import type { Logger } from 'pino';
import type { Command, CommandContext } from './command.js';
import type { ShardJob } from './job.js';
import type { Session } from './session.js';
import type { ServerStatistics } from './shard-environment.js';
import type { Turn } from './turn.js';
import { uncommittedLine } from './uncommitted.js';

class Context implements CommandContext {
  args: CommandArguments;
  reply: ReplyWriter;
  session: Session;
  givenJob: ShardJob | undefined;
  nowMs: number;
  /** Whether, if it takes its time, it is counted as under way. */
  counts = true;

  constructor(args: CommandArguments, reply: ReplyWriter, session: Session, job: ShardJob | undefined, nowMs: number) {
    this.args = args;
    this.reply = reply;
    this.session = session;
    this.givenJob = job;
    this.nowMs = nowMs;
  }

  get job(): ShardJob {
    if (this.givenJob === undefined) assert(false, 'a command that touches the job runs on an authenticated session');
    return this.givenJob;
  }
}

/** Runs handlers: every end of one, thrown or not, now or later, becomes exactly one reply. */
export class CommandRunner {
  readonly #turn: Turn;
  readonly #statistics: ServerStatistics;
  readonly #log: Logger;
  /** One record for command after command; a command that goes on after its handler returned keeps it. */
  #context: Context | undefined;

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
    const context = this.#contextFor(args, reply, session, job);
    let underWay: Promise<void> | undefined;
    try {
      underWay = (job?.steering.steered ? job.steering.run(command, context, reply) : command.run(context)) ?? undefined;
    } catch (error) {
      this.#failed(command, reply, mark, error);
    }
    if (job !== undefined) {
      job.usage.requests++;
      if (job.dirty) this.#turn.jobChanged(job);
    }
    if (underWay === undefined) return undefined;
    this.#context = undefined;
    args.own();
    return this.#finish(underWay, command, reply, mark, job, args.sink, context.counts && !leavesNothing(command));
  }

  #contextFor(args: CommandArguments, reply: ReplyBuffer, session: Session, job: ShardJob | undefined): Context {
    const { nowMs } = this.#turn;
    const context = this.#context;
    if (context === undefined) {
      this.#context = new Context(args, reply, session, job, nowMs);
      return this.#context;
    }
    context.args = args;
    context.reply = reply;
    context.session = session;
    context.givenJob = job;
    context.nowMs = nowMs;
    context.counts = true;
    return context;
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
    sink: ArgumentSink | undefined,
    /** Whether a new owner of slots has to wait for its end. */
    counts: boolean,
  ): Promise<void> {
    const commands = counts ? job?.steering.underWay : undefined;
    const batch = commands?.started();
    try {
      await underWay;
    } catch (error) {
      this.#failed(command, reply, mark, error);
    } finally {
      sink?.abort();
      if (batch) commands?.finished(batch);
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

/** Whether a new owner of slots need not wait for the end of a command: it waits itself, or is one of shards among themselves. */
function leavesNothing({ flags }: Command): boolean {
  return flags?.some((flag) => flag === 'blocking' || flag === 'admin') === true;
}
