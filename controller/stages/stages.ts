import { newJobId, SatchelError } from '@satchel/proto/core';
import type { JobChanges } from '../jobs/changes.js';
import type { JobParts } from '../jobs/parts.js';
import { LeaseTable } from '../leases.js';
import type { JobRecord } from '../model.js';
import { holdersIn } from '../slots/previous-owners.js';
import type { Change } from '../state/state-store.js';
import { Waiters } from '../waiters.js';
import { addEndedPrefix, awaitingOnly, type Emptied, type EndedPrefix, isEnded, prefixEmptied } from './ended-prefixes.js';
import { nothingReclaimed, type StageEndReason, type StageRecord, stageKey } from './stage-record.js';
import { type NewStage, StageTree } from './stage-tree.js';

/** How long ending a stage waits for its shards, so that the reply says what was reclaimed. */
const emptiedMs = 2000;
/** How often stages that end are looked after: a shard they wait for may have lost its slots, or a change could not be written. */
const lookAfterMs = 5000;

/** A stage and when its lease lapses; undefined if it has none of its own. */
export interface StageView {
  readonly record: StageRecord;
  readonly expiresMs: number | undefined;
}

/**
 * Stages of jobs. The end of a stage is part of what nodes are told of its job until each shard has said that it deleted what was
 * there: so it is carried out once in effect, whoever restarts meanwhile.
 */
export class Stages {
  readonly #parts: JobParts;
  readonly #changes: JobChanges;
  readonly #leases: LeaseTable;
  readonly #trees = new Map<string, StageTree>();
  readonly #endWaiters: Waiters<void>;
  /** Reports that are yet to be taken in. */
  readonly #emptied = new Map<string, Emptied[]>();
  #cancel: () => void;

  constructor(parts: JobParts, changes: JobChanges) {
    const { clock } = parts.environment;
    this.#parts = parts;
    this.#changes = changes;
    this.#endWaiters = new Waiters(clock);
    this.#leases = new LeaseTable(clock, {
      warned: (key, expiresMs) => this.#warned(key, expiresMs),
      lapsed: (key) => this.#lapsed(key),
    });
    this.#cancel = clock.after(lookAfterMs, this.#lookAfter);
  }

  /** Takes up the stages in the store, once the jobs are there; each lease begins anew. */
  restore(): void {
    for (const record of this.#parts.environment.store.all('stages')) {
      if (this.#parts.table.get(record.job)?.state.kind !== 'active') continue;
      this.#treeOf(record.job).set(record);
      if (record.state.kind === 'active') this.#grant(record);
    }
  }

  /** Begins a stage; resolves once that is durable. Throws `no-job`, `invalid-argument`, `not-found`, or `gone` if what is above it has ended. */
  async begin(job: string, wanted: NewStage): Promise<StageView> {
    const { environment, events, table } = this.#parts;
    const { endedPrefixes = [] } = table.active(job);
    const tree = this.#treeOf(job);
    const stage = newJobId(wanted.name);
    const prefix = tree.prefixFor(stage, wanted, endedPrefixes);
    const { name, parent, leaseMs } = wanted;
    const state = { kind: 'active' } as const;
    const record: StageRecord = { job, stage, name, prefix, parent, leaseMs, createdMs: environment.clock.now(), state };
    tree.set(record);
    try {
      await environment.store.commit([changeOf(record)]);
    } catch (error) {
      tree.remove(stage);
      throw error;
    }
    // What is above it may have ended meanwhile, and it with that.
    table.active(job);
    this.#active(job, stage);
    this.#grant(record);
    events.tell(job, { kind: 'stage-begun', stage });
    return this.#view(record);
  }

  /** Extends a stage's lease by one period from now. Throws `not-found`, `gone`, or `invalid-argument` if it has none of its own. */
  renew(job: string, stage: string): StageView {
    this.#parts.table.active(job);
    const record = this.#active(job, stage);
    if (record.leaseMs === 0) {
      throw new SatchelError(
        'invalid-argument',
        `stage '${stage}' has no lease of its own: it lives as long as what is above it`,
      );
    }
    this.#grant(record);
    return this.#view(record);
  }

  /** Ends a stage, or waits for one that is ending; what its shards have reclaimed by then is in the result. */
  async end(job: string, stage: string): Promise<StageView> {
    this.#parts.table.active(job);
    const record = this.#known(job, stage);
    if (record.state.kind === 'active') await this.#start(record, 'ended');
    if (this.#trees.get(job)?.get(stage)?.state.kind === 'ending') {
      await this.#endWaiters.wait(stageKey(record), emptiedMs, undefined);
    }
    return this.#view(this.#trees.get(job)?.get(stage) ?? record);
  }

  /** The stages of a job in the order they began; `ended`: also those that have ended. */
  list(job: string, ended: boolean): StageView[] {
    this.#parts.table.known(job);
    const stages = this.#trees.get(job)?.all() ?? [];
    return stages.filter(({ state }) => ended || state.kind !== 'ended').map((record) => this.#view(record));
  }

  /** A shard has emptied a prefix. It may say so again. */
  emptied(job: string, report: Emptied): void {
    const ended = this.#parts.table.get(job)?.endedPrefixes;
    if (!ended?.some(({ serial, awaiting }) => serial === report.serial && awaiting.includes(report.shard))) return;
    const reports = this.#emptied.get(job);
    if (reports !== undefined) reports.push(report);
    else {
      this.#emptied.set(job, [report]);
      this.#settle(job);
    }
  }

  /** The job is over, and its stages with it. */
  jobEnded(job: string): Change[] {
    const stages = this.#trees.get(job)?.all() ?? [];
    this.#trees.delete(job);
    this.#emptied.delete(job);
    for (const record of stages) {
      this.#leases.drop(stageKey(record));
      this.#endWaiters.tell(stageKey(record), undefined);
    }
    return stages.map((record) => ({ collection: 'stages', key: stageKey(record), value: undefined }));
  }

  close(): void {
    this.#cancel();
    this.#leases.close();
  }

  #treeOf(job: string): StageTree {
    const tree = this.#trees.get(job) ?? new StageTree();
    this.#trees.set(job, tree);
    return tree;
  }

  #known(job: string, stage: string): StageRecord {
    const record = this.#trees.get(job)?.get(stage);
    if (record === undefined) throw new SatchelError('not-found', `job '${job}' has no stage '${stage}'`);
    return record;
  }

  #active(job: string, stage: string): StageRecord {
    const record = this.#known(job, stage);
    if (record.state.kind === 'active') return record;
    throw new SatchelError(
      'gone',
      `stage '${stage}' is over: ${endedText(record.state.reason, record.leaseMs)}; begin a new one`,
    );
  }

  #grant(record: StageRecord): void {
    if (record.leaseMs > 0) this.#leases.grant(stageKey(record), record.leaseMs);
  }

  #view(record: StageRecord): StageView {
    return { record, expiresMs: this.#leases.expiresMs(stageKey(record)) };
  }

  #warned(key: string, expiresMs: number): void {
    const [job, stage] = split(key);
    this.#parts.events.tell(job, { kind: 'stage-warning', stage, expiresAtMs: expiresMs });
  }

  #lapsed(key: string): void {
    const { log, leads } = this.#parts.environment;
    const [job, stage] = split(key);
    const record = this.#trees.get(job)?.get(stage);
    if (record?.state.kind !== 'active' || leads?.() === false) return;
    log.info({ job, stage }, 'lease of a stage lapsed');
    this.#start(record, 'lease-lapsed').catch((error: unknown) => {
      log.error({ err: error, job, stage }, 'the end of a stage could not be written; its lease begins anew');
    });
  }

  /** Ends an active stage and those below it; all go on if that cannot be written. */
  async #start(record: StageRecord, reason: StageEndReason): Promise<void> {
    const { environment, events } = this.#parts;
    const tree = this.#treeOf(record.job);
    const before = tree.subtree(record.stage);
    const sinceMs = environment.clock.now();
    const ending = before.map((one): StageRecord => {
      const why = one.stage === record.stage ? reason : 'parent-ended';
      return { ...one, state: { kind: 'ending', reason: why, sinceMs, reclaimed: nothingReclaimed } };
    });
    for (const one of ending) {
      tree.set(one);
      this.#leases.drop(stageKey(one));
    }
    try {
      await this.#changes.change(record.job, (job) => ({
        fields: { endedPrefixes: addEndedPrefix(job.endedPrefixes ?? [], record.prefix, holdersOf(job)) },
        changes: ending.map(changeOf),
      }));
    } catch (error) {
      // With the job its stages have ended, too.
      if (SatchelError.from(error).code === 'no-job') return;
      for (const one of before) {
        tree.set(one);
        this.#grant(one);
      }
      throw error;
    }
    for (const { job, stage, state } of ending) {
      events.tell(job, { kind: 'stage-ending', stage, reason: state.kind === 'active' ? '' : state.reason });
    }
    if (holdersOf(this.#parts.table.known(record.job)).length === 0) this.#settle(record.job);
  }

  /** Takes in what shards reported, and ends stages that no shard is awaited for any more. */
  #settle(job: string): void {
    this.#settled(job).catch((error: unknown) => {
      if (SatchelError.from(error).code === 'no-job') return;
      this.#parts.environment.log.error({ err: error, job }, 'that a stage was emptied could not be written; it is tried again');
    });
  }

  async #settled(job: string): Promise<void> {
    let reports: readonly Emptied[] | undefined;
    let settled: readonly StageRecord[] = [];
    const deciding = this.#changes.change(job, (before) => {
      reports ??= this.#takeReports(job);
      const ended = settle(before, reports);
      settled = this.#settledStages(job, ended);
      if (ended === before.endedPrefixes && settled.length === 0) return undefined;
      return { fields: { endedPrefixes: ended }, changes: settled.map(changeOf) };
    });
    const { record } = await deciding.catch((error: unknown) => {
      if (reports !== undefined) this.#emptied.set(job, [...reports, ...this.#takeReports(job)]);
      throw error;
    });
    const tree = this.#trees.get(record.job);
    if (tree === undefined) return;
    for (const one of settled) this.#told(tree, one);
    const forgettable = tree.forgettable();
    for (const stage of forgettable) tree.remove(stage);
    const forgotten = forgettable.map(
      (stage): Change => ({ collection: 'stages', key: stageKey({ job, stage }), value: undefined }),
    );
    if (forgotten.length > 0) await this.#parts.environment.store.commit(forgotten);
  }

  #takeReports(job: string): Emptied[] {
    const reports = this.#emptied.get(job) ?? [];
    this.#emptied.delete(job);
    return reports;
  }

  /** Stages that changed: something was reclaimed, or nothing is left to be. */
  #settledStages(job: string, ended: readonly EndedPrefix[]): StageRecord[] {
    const endedMs = this.#parts.environment.clock.now();
    return (this.#trees.get(job)?.all() ?? []).flatMap((record): StageRecord[] => {
      const { state, prefix } = record;
      if (state.kind !== 'ending') return [];
      const reclaimed = ended.find((one) => one.prefix === prefix)?.reclaimed ?? state.reclaimed;
      if (isEnded(ended, prefix)) return [{ ...record, state: { kind: 'ended', reason: state.reason, endedMs, reclaimed } }];
      return reclaimed.objects === state.reclaimed.objects ? [] : [{ ...record, state: { ...state, reclaimed } }];
    });
  }

  #told(tree: StageTree, record: StageRecord): void {
    const { job, stage, state } = record;
    if (tree.get(stage)?.state.kind !== 'ending') return;
    tree.set(record);
    if (state.kind !== 'ended') return;
    this.#parts.events.tell(job, { kind: 'stage-ended', stage, reason: state.reason, reclaimed: state.reclaimed });
    this.#endWaiters.tell(stageKey(record), undefined);
  }

  readonly #lookAfter = (): void => {
    this.#cancel = this.#parts.environment.clock.after(lookAfterMs, this.#lookAfter);
    for (const [job, tree] of this.#trees) if (tree.all().some(({ state }) => state.kind === 'ending')) this.#settle(job);
  };
}

/** What a job's ended prefixes are once reports are taken in. */
function settle(job: JobRecord, reports: readonly Emptied[]): readonly EndedPrefix[] {
  const ended = reports.reduce<readonly EndedPrefix[]>(prefixEmptied, job.endedPrefixes ?? []);
  return awaitingOnly(ended, new Set(holdersOf(job)));
}

/** The shards that may hold objects of a job. */
function holdersOf({ allocation, previous }: JobRecord): number[] {
  return [...new Set([...allocation.shares.map(({ shard }) => shard), ...holdersIn(previous)])];
}

function changeOf(record: StageRecord): Change {
  return { collection: 'stages', key: stageKey(record), value: record };
}

function split(key: string): [job: string, stage: string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}

function endedText(reason: StageEndReason, leaseMs: number): string {
  if (reason === 'lease-lapsed') return `its lease of ${leaseMs / 1000} s lapsed without renewal`;
  return reason === 'ended' ? 'it was ended' : 'what is above it ended';
}
