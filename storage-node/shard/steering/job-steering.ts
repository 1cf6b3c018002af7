import { SatchelError, slotOfBytes } from '@satchel/proto/core';
import type { CommandArguments, ReplyBuffer, ReplyWriter } from '@satchel/proto/resp';
import { type JobConfiguration, supersedes } from '../../job-configuration.js';
import type { Key } from '../../store/key.js';
import type { Command, CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import { lastKeyIndex } from '../job-routing.js';
import { KeyGate } from '../key-gate.js';
import { LostKeys } from '../lost-keys.js';
import type { ShardCalls } from '../striping/shard-calls.js';
import { awaySince, chainOf, formerSlots, sameRanges, slotsOf } from './chain.js';
import { EmptiedReport } from './emptied-report.js';
import { type FenceStore, Fences } from './fences.js';
import { FormerSlots } from './former-slots.js';
import { JobWide } from './job-wide.js';
import { Predecessors } from './predecessors.js';
import { readThrough } from './read-through.js';
import { RecentMap } from './recent-map.js';
import { Rest } from './rest.js';
import { difference, everySlot, SlotSet, type SlotSpan } from './slot-set.js';
import { SteeredCommand } from './steered-command.js';
import { TakeOver } from './take-over.js';
import { UnderWay } from './under-way.js';

/** What slots that move have to do with the rest of a shard. */
export interface SteeringHooks {
  /** Default: fences are forgotten at a restart. */
  readonly fences?: FenceStore;
  /** Other slots are served here from now on; called before any command runs by the new configuration. */
  readonly routed?: (configuration: JobConfiguration) => void;
  /** Slots of which the configuration of that epoch says that this shard may hold objects are empty for good. May be said again. */
  readonly emptied?: (epoch: number, spans: readonly SlotSpan[]) => void;
}

/** How often, and after how long, a shard looks whether it has heard of an epoch. */
const epochPauses = 50;
const epochPauseMs = 5;

/** More than a broken link leaves without an answer. */
const rememberedDrops = 10_000;

/** A command's context as long as it is not known what it runs on. */
export interface SteeredContext extends CommandContext {
  args: CommandArguments;
  reply: ReplyWriter;
  nowMs: number;
  /** Whether, if it takes its time, it is to be counted as under way. */
  counts: boolean;
}

/**
 * The slots of one job that have come to this shard and gone from it. A new owner fences the shards that had the slots before, and then, key by key,
 * reads through to them or takes objects over; they do nothing with these slots by themselves but let objects expire. See docs/steering.md.
 */
export class JobSteering {
  /** Whether any of this concerns the job: if not, commands need not ask. */
  steered = false;
  /** Slots of this shard; kept only while `steered`. */
  owned = new SlotSet();
  /** Slots that this shard had before others had them, so that what is here may be there too. */
  returned = new SlotSet();
  /** Names of drops that removed something here, to say so again if the answer did not arrive. */
  readonly drops = new RecentMap<true>(rememberedDrops);
  readonly predecessors: Predecessors;
  readonly takeOver: TakeOver;
  readonly jobWide: JobWide;
  /** Orders commands of keys that are not settled, before they get to the job's own gate. */
  readonly lanes = new KeyGate();
  readonly #job: ShardJob;
  readonly #calls: () => ShardCalls;
  readonly #hooks: SteeringHooks;
  readonly #fences: Fences;
  readonly #former: FormerSlots;
  /** As the controller, or a token, gave it. */
  #given: JobConfiguration | undefined;
  /** Slots that were others' between the configuration before and this one. */
  #away = new SlotSet();
  /** Commands that take their time; not those that only wait. */
  readonly underWay = new UnderWay();
  readonly #listeners = new Set<() => void>();
  readonly #report: EmptiedReport;
  #ended = false;

  constructor(job: ShardJob, calls: () => ShardCalls, hooks: SteeringHooks = {}) {
    this.#job = job;
    this.#calls = calls;
    this.#hooks = hooks;
    this.#fences = new Fences(hooks.fences);
    this.#former = new FormerSlots(job, () => this.#report.soon());
    this.#report = new EmptiedReport({
      shard: job.shard,
      former: this.#former,
      configuration: () => this.#given,
      owned: () => this.owned,
      emptied: hooks.emptied,
      looked: () => this.#settle(),
    });
    this.predecessors = new Predecessors(job, calls);
    this.takeOver = new TakeOver(job, calls);
    this.jobWide = new JobWide(job, calls);
  }

  /** Follows a configuration, unless it is older than the one that is followed. */
  follow(configuration: JobConfiguration): void {
    const before = this.#given;
    if (before !== undefined && !supersedes(configuration, before)) return;
    this.#given = configuration;
    this.#away = before === undefined ? new SlotSet() : awaySince(before.epoch, configuration, this.#job.shard);
    this.#report.forget();
    this.#route();
  }

  /** Lets `shard` have slots from an epoch on; settles with the spans of which something is here. Throws `unavailable` if it is not to have them. */
  async fence(shard: number, epoch: number, spans: readonly SlotSpan[]): Promise<SlotSpan[]> {
    const slots = SlotSet.of(spans);
    for (const slot of slots) this.#assertMayFence(slot, shard, epoch);
    if (!this.#fences.has(slots, shard, epoch)) {
      this.#fences.add(spans.map(({ start, end }) => ({ start, end, shard, epoch })));
      this.#route();
    }
    await this.#former.surveyed;
    return this.#former.holding(slots);
  }

  /** Throws `unavailable` unless a slot was fenced by that shard, and `moved` if another has fenced it since. */
  assertFencedBy(slot: number, shard: number, epoch: number): void {
    const fence = this.#fences.of(slot);
    // Who has the slot since has its objects, and those who still go to `shard` find them there.
    if (this.owned.has(slot) || (fence !== undefined && fence.epoch > epoch)) throw this.moved(slot);
    if (fence?.shard !== shard) throw notYours(slot, shard);
  }

  /**
   * Runs a command of a job with slots that move: on its keys as soon as they, or their absence, are here. Undefined: it is done. `context.counts` is set
   * to false if what is under way is counted here. Throws `moved`.
   */
  run(command: Command, context: SteeredContext, reply: ReplyBuffer): void | Promise<void> {
    const steered = this.#spans(command) ? undefined : this.#begin(command, context.args);
    if (steered === undefined && !this.#spans(command)) return command.run(context);
    context.counts = false;
    const run = (part: ReplyBuffer, args = context.args) => {
      context.reply = part;
      context.args = args;
      context.nowMs = this.#job.clock.now();
      return command.run(context);
    };
    if (steered !== undefined)
      return steered.execute(reply, (answers) => readThrough(command, context.args, answers, reply, run));
    return this.jobWide.execute(command.name, context, reply, run);
  }

  /** Brings here what other shards hold of a key. Rejects with `moved` if it is another shard's. */
  async bring(key: Key): Promise<void> {
    const slot = slotOfBytes(key.buffer, key.start, key.end);
    if (this.#ownerOf(slot) !== this.#job.shard) throw this.moved(slot);
    if (this.steered && this.predecessors.open.has(slot))
      await SteeredCommand.bringing(this.#job, key).execute(undefined, () => {});
  }

  /** Settles once this shard goes by that epoch; rejects with `gone` if it has not heard of it in good time, or goes by a later one. */
  async reached(epoch: number): Promise<void> {
    for (let pauses = 0; this.#job.configuration.epoch < epoch && pauses < epochPauses; pauses++) {
      await new Promise<void>((resolve) => this.#job.clock.after(epochPauseMs, resolve));
    }
    this.assertAt(epoch);
  }

  /** Throws `gone` unless this shard goes by that epoch. */
  assertAt(epoch: number): void {
    if (this.#job.configuration.epoch === epoch) return;
    throw new SatchelError('gone', 'slots of the job are changing their shards; repeat the command');
  }

  #begin(command: Command, args: CommandArguments): SteeredCommand | undefined {
    const { keys } = command;
    if (keys === undefined) return undefined;
    const found: number[] = [];
    const last = lastKeyIndex(keys, args.count);
    for (let index = keys.first; index <= last; index += keys.step) {
      const slot = slotOfBytes(args.buffer, args.start(index), args.end(index));
      if (!this.owned.has(slot)) throw this.moved(slot);
      if (this.predecessors.open.has(slot)) found.push(index);
    }
    return found.length === 0 ? undefined : SteeredCommand.of(this.#job, command, args, found);
  }

  /** Calls back after the slots of this shard, or where they come from, have changed. Returns what unregisters. */
  onRouted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether a command on all objects has to look elsewhere too. */
  #spans(command: Command): boolean {
    return this.predecessors.open.size > 0 && this.jobWide.concerns(command.name);
  }

  /** What is here of the slots that a shard has fenced by that epoch. */
  restFor(shard: number, epoch: number): Rest {
    return new Rest(this.#job, (slot) => {
      const fence = this.#fences.of(slot);
      return fence?.shard === shard && fence.epoch <= epoch && !this.owned.has(slot);
    });
  }

  /** Throws `moved` for a key that is another shard's. */
  assertOwned(key: Key): void {
    if (!this.steered) return;
    const slot = slotOfBytes(key.buffer, key.start, key.end);
    if (!this.owned.has(slot)) throw this.moved(slot);
  }

  /** The error that sends a client to the shard that owns a slot. */
  moved(slot: number): SatchelError {
    const owner = this.#ownerOf(slot);
    const address = this.#calls().addressOf(owner);
    if (address === undefined)
      return new SatchelError('unavailable', `shard ${owner}, which owns slot ${slot}, is not known here yet`);
    return new SatchelError('moved', `${slot} ${address.host}:${address.directPort}`);
  }

  /** Whether a key is another shard's, and what is here of it only waits to be taken. */
  hides(key: Key): boolean {
    return this.steered && this.#former.hides(key);
  }

  /** Settles once it is known which objects here are another shard's. */
  get surveyed(): void | Promise<void> {
    return this.#former.surveying ? this.#former.surveyed : undefined;
  }

  /** Objects that are here and another shard's. */
  get hiddenObjects(): number {
    return this.steered ? this.#former.objects : 0;
  }
  removed(key: Key): void {
    this.#former.removed(key);
  }
  failureGone(key: Key): void {
    this.#former.failureGone(key);
  }

  /** Whether another shard dropped the key on behalf of the delete that now runs here; true once. */
  takeDropped(key: Key): boolean {
    return this.steered && this.takeOver.takeDropped(key);
  }

  /** Says again which slots are empty. */
  reportAgain(): void {
    this.#report.forget();
    if (this.#given !== undefined) this.#report.soon();
  }

  end(): void {
    this.#ended = true;
    this.#report.end();
    this.predecessors.end();
  }

  #route(): void {
    const given = this.#given as JobConfiguration;
    const job = this.#job;
    const before = job.configuration;
    const isFirst = before === given && !this.steered;
    const effective = this.#fences.over(given);
    job.configuration = effective;
    this.#hooks.routed?.(effective);
    const unconcerned =
      !this.steered && !this.#fences.any && (given.previous ?? []).length === 0 && sameRanges(before, effective);
    if (unconcerned && !(job.lost && given.ranges.length > 1)) return;
    const ownedBefore = this.steered ? this.owned : isFirst ? new SlotSet() : slotsOf(before, job.shard);
    this.owned = slotsOf(effective, job.shard);
    const gained = isFirst ? new SlotSet() : difference(this.owned, difference(ownedBefore, this.#away));
    this.#followChain(effective, gained);
    const gone = difference(ownedBefore, this.owned);
    this.#followFormer(given, gone.size > 0 || (isFirst && job.recovered));
    this.steered = this.predecessors.any || !this.#former.done;
    if (gone.size > 0) this.#sendAway();
    if (gone.size > 0 || gained.size > 0) job.counters.forget();
    for (const listener of [...this.#listeners]) listener();
  }

  #followChain(configuration: JobConfiguration, gained: SlotSet): void {
    const job = this.#job;
    const { ancestors, lost, returned } = chainOf(configuration, job.shard, this.owned);
    this.returned = returned;
    if (gained.size > 0) {
      // What other shards have written there since is not known here.
      this.takeOver.forget();
      job.losses?.forget();
      job.losses?.limitTo(difference(everySlot(), difference(gained, returned)));
    }
    if (ancestors.length > 0 || lost.size > 0) job.losses ??= new LostKeys(new SlotSet());
    job.losses?.lose(lost);
    this.predecessors.follow(ancestors, gained);
  }

  #followFormer(given: JobConfiguration, mayHold: boolean): void {
    const kept = formerSlots(given, this.#job.shard);
    for (const slot of this.owned) kept.delete(slot);
    if (this.#fences.any) {
      for (const slot of everySlot())
        if ((this.#fences.of(slot)?.epoch ?? 0) > given.epoch && !this.owned.has(slot)) kept.add(slot);
    }
    if (!mayHold && kept.size === 0 && this.#former.done) {
      this.#former.own(this.owned);
      return;
    }
    const surveyed = this.#former.survey(this.owned, kept, (given.revision ?? 0) > 0, this.underWay.ended());
    surveyed.then(
      () => this.#settle(),
      () => {},
    );
  }

  /** Once nothing is left of slots that are gone, and nothing came, commands need not ask any more. */
  #settle(): void {
    if (this.#ended) return;
    this.steered = this.predecessors.any || !this.#former.done;
  }

  /** Those who wait here for what happens elsewhere from now on go there. */
  #sendAway(): void {
    const { waits, pops, steering } = this.#job;
    waits.endThose((slot) => (steering.owned.has(slot) ? undefined : steering.moved(slot)));
    pops.endThose((slot) => (steering.owned.has(slot) ? undefined : steering.moved(slot)));
  }

  #ownerOf(slot: number): number {
    let owner = -1;
    for (const range of this.#job.configuration.ranges) {
      if (range.start > slot) break;
      owner = range.shard;
    }
    return owner;
  }

  #assertMayFence(slot: number, shard: number, epoch: number): void {
    const given = this.#given as JobConfiguration;
    const fence = this.#fences.of(slot);
    if (fence !== undefined && (fence.epoch > epoch || (fence.epoch === epoch && fence.shard !== shard)))
      throw notYours(slot, shard);
    if (given.epoch >= epoch && this.#ownerOf(slot) !== shard) throw notYours(slot, shard);
  }
}

function notYours(slot: number, shard: number): SatchelError {
  return new SatchelError('unavailable', `slot ${slot} is not shard ${shard}'s as far as is known here`);
}
