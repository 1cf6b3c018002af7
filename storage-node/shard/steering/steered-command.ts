import { slotOfBytes } from '@satchel/proto/core';
import type { CommandArguments, ReplyBuffer } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import type { Command } from '../command.js';
import { isPersistKey } from '../commands/on-key.js';
import type { ShardJob } from '../job.js';
import type { GateMode } from '../key-gate.js';
import { type Answers, readsEach } from './read-through.js';
import type { Intent } from './take-over.js';
import type { Batch } from './under-way.js';

/** Reads that are no reads of one value that is there. */
const waits: ReadonlySet<string> = new Set(['satchel.wait', 'satchel.await']);
/** Writes that put a value in place of whatever was there, unless an option says more. */
const puts: ReadonlySet<string> = new Set(['set', 'setex', 'psetex', 'mset', 'satchel.put', 'satchel.fail']);
const deletes: ReadonlySet<string> = new Set(['del', 'unlink']);
/** Options by which a put depends on what was there. */
const conditional = /^(nx|xx|get|keepttl|attempt|ifeq|ifgt)$/i;

/** Keys of one command that are settled at the same time. */
const keysAtOnce = 256;

/** A command with keys that other shards may hold. */
export class SteeredCommand {
  readonly #job: ShardJob;
  readonly #keys: readonly Key[];
  readonly #intent: Intent;
  readonly #mode: GateMode;
  /** Whether, once begun, it may go on for as long as a client likes. */
  readonly #blocks: boolean;
  /** What is passed on of the command for a key. */
  readonly #wordsFor: (key: Key) => readonly Buffer[];

  /** Whether it deletes one key and does nothing else. */
  readonly #deletesOne: boolean;

  private constructor(
    job: ShardJob,
    keys: readonly Key[],
    intent: Intent,
    wordsFor: (key: Key) => readonly Buffer[],
    { blocks = false, deletesOne = false } = {},
  ) {
    this.#job = job;
    this.#blocks = blocks;
    this.#deletesOne = deletesOne;
    this.#keys = keys;
    this.#intent = intent;
    this.#mode = intent === 'pass' ? 'read' : 'write';
    this.#wordsFor = wordsFor;
  }

  /** What brings a key here, and nothing more. */
  static bringing(job: ShardJob, key: Key): SteeredCommand {
    return new SteeredCommand(job, [key], 'take', () => []);
  }

  /** The arguments at `indexes` are its keys that other shards may hold; undefined if they turn out not to. */
  static of(job: ShardJob, command: Command, args: CommandArguments, indexes: readonly number[]): SteeredCommand | undefined {
    // Chunks stay where they are.
    if (command.name === 'satchel.stripeput') return undefined;
    const keys = new Map<string, Key>();
    const { takeOver, lanes } = job.steering;
    const intent = intentOf(command, args);
    let settled = true;
    for (const index of indexes) {
      if (isPersistKey(args, index)) continue;
      const key = Key.of(args.bytes(index));
      keys.set(key.toString(), key);
      settled &&= takeOver.isSettled(key, intent) && !(lanes.size > 0 && lanes.blocks(key.hash, 'write'));
    }
    if (settled) return undefined;
    const words = intent === 'pass' ? Array.from({ length: args.count }, (_, index) => args.bytes(index)) : [];
    const wordsFor = readsEach(command) ? (key: Key) => [...words.slice(0, 1), key.buffer] : () => words;
    const blocks = command.flags?.includes('blocking') === true;
    return new SteeredCommand(job, [...keys.values()], intent, wordsFor, {
      blocks,
      deletesOne: intent === 'delete' && args.count === 2,
    });
  }

  /**
   * Brings here what the command needs, or has other shards answer it for some of its keys; calls `run` in the turn of all keys, with the answers by key.
   * Rejects with `moved`, `unavailable` and what storing does.
   */
  async execute(reply: ReplyBuffer | undefined, run: (answers: Answers) => void | Promise<void>): Promise<void> {
    const { steering } = this.#job;
    const hashes = [...new Set(this.#keys.map(({ hash }) => hash))];
    await Promise.all(hashes.map((hash) => steering.lanes.enter(hash, this.#mode)));
    let batch: Batch | undefined;
    try {
      let running: void | Promise<void>;
      try {
        // Nobody waits for a command to end that waits for others to let go of its keys: so nobody waits in a circle.
        await this.#allReady();
        batch = steering.underWay.started();
        const answers = await this.#settleAll();
        if (this.#wasDeleted(reply)) return;
        for (const key of this.#keys) if (!answers.has(key.toString())) steering.assertOwned(key);
        running = run(answers);
      } finally {
        for (const hash of hashes) steering.lanes.leave(hash, this.#mode);
      }
      if (this.#blocks) {
        steering.underWay.finished(batch);
        batch = undefined;
      }
      await running;
    } finally {
      if (batch) steering.underWay.finished(batch);
      for (const key of this.#keys) steering.takeOver.takeDropped(key);
    }
  }

  async #allReady(): Promise<void> {
    const { predecessors } = this.#job.steering;
    for (;;) {
      const slot = this.#keys.map(slotOfKey).find((one) => !predecessors.ready(one));
      if (slot === undefined) return;
      await predecessors.whenReady(slot);
    }
  }

  /** Settles all keys; what other shards answered. */
  async #settleAll(): Promise<Answers> {
    const answers = new Map<string, Buffer>();
    for (let from = 0; from < this.#keys.length; from += keysAtOnce) {
      const keys = this.#keys.slice(from, from + keysAtOnce);
      const outcomes = await Promise.allSettled(keys.map((key) => this.#settle(key)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected') throw outcome.reason;
        if (outcome.value !== undefined) answers.set((keys[index] as Key).toString(), outcome.value);
      }
    }
    return answers;
  }

  /** The slot has left while its only key was dropped elsewhere: it is deleted, which whoever has the slot now could not tell. */
  #wasDeleted(reply: ReplyBuffer | undefined): boolean {
    const { owned, takeOver } = this.#job.steering;
    const [key] = this.#keys;
    if (!this.#deletesOne || reply === undefined || key === undefined || owned.has(slotOfKey(key))) return false;
    if (!takeOver.takeDropped(key)) return false;
    reply.integer(1);
    return true;
  }

  async #settle(key: Key): Promise<Buffer | undefined> {
    const { steering } = this.#job;
    steering.assertOwned(key);
    return steering.takeOver.settle(key, slotOfKey(key), this.#intent, this.#wordsFor(key));
  }
}

function slotOfKey({ buffer, start, end }: Key): number {
  return slotOfBytes(buffer, start, end);
}

function intentOf(command: Command, args: CommandArguments): Intent {
  const { name, verb, keys } = command;
  if (deletes.has(name)) return 'delete';
  if (puts.has(name)) return isConditional(name, args) ? 'take' : 'replace';
  const isPassed = (verb === 'read' && !waits.has(name)) || name === 'satchel.stripetouch';
  return isPassed && (keys?.first === keys?.last || readsEach(command)) ? 'pass' : 'take';
}

function isConditional(name: string, args: CommandArguments): boolean {
  if (name !== 'set' && name !== 'satchel.put') return false;
  for (let index = 3; index < args.count; index++) {
    if (args.lengthOf(index) <= 8 && conditional.test(args.text(index))) return true;
  }
  return false;
}
