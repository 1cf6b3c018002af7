import { type Hints, shardsOf } from '@satchel/proto/core';
import { parseHints } from '@satchel/proto/validation';
import type { JobPlan } from '../allocation.js';
import { openBook } from '../grant-desk.js';
import type { Corrected, GrantRecord, JobRecord } from '../model.js';
import type { Rooms } from '../placement.js';
import type { Decided, JobChanges } from './changes.js';
import type { JobParts } from './parts.js';
import { fieldsOf, mostPreviousOwners, presentIn, replan } from './replanning.js';

/** Gives running jobs more or less than they have. */
export class JobScaling {
  readonly #parts: JobParts;
  readonly #changes: JobChanges;

  constructor(parts: JobParts, changes: JobChanges) {
    this.#parts = parts;
    this.#changes = changes;
  }

  /**
   * Changes hints; quota, reservation, tiers and slots follow them. Hints that are what they were change nothing. Resolves when the job's nodes
   * know, or after a short bound. Throws `quota-exceeded` if its namespace may not have so much.
   */
  async scale(job: string, hints: Hints): Promise<JobRecord> {
    const { record, told } = await this.#changes.change(job, (before) => {
      const merged = parseHints({ ...before.hints, ...hints });
      const differing = differences(before.hints, merged);
      if (differing.length === 0) return undefined;
      this.#parts.namespaces.checkQuota(before, merged.capacity ?? 0);
      return this.decide({ ...before, hints: merged, corrected: undefined }, `scaled by hint ${differing.join(', ')}`);
    });
    await told;
    return record;
  }

  /**
   * Changes what is reserved for a job; hints and quota stay. One that is given less keeps its slots where they are. Nothing changes if its hints are
   * not those any more by which it was `seen`. Resolves when the job's nodes know, or after a short bound.
   */
  async correct(seen: JobRecord, corrected: Corrected, grows: boolean): Promise<JobRecord> {
    const { record, told } = await this.#changes.change(seen.job, (before) => {
      if (before.hints !== seen.hints || before.corrected !== seen.corrected) return undefined;
      const changed = { ...before, corrected };
      if (grows) return this.decide(changed, 'more is in use than was reserved');
      const { fleet, reserved, planner } = this.#parts;
      const plan = planner.replan(changed, fleet.roomsOf(shardsOf(before.ranges), reserved));
      return { fields: { ...fieldsOf(before, { plan, moves: [] }, ''), corrected } };
    });
    await told;
    return record;
  }

  /** What a job gets if it is planned anew. `lost`: shards that are gone for good. Throws `unavailable` if no shard may get slots. */
  decide(
    before: JobRecord,
    why: string,
    lost: ReadonlySet<number> = new Set(),
    planned: JobPlan = this.plan(before, lost),
  ): Decided {
    const fields = this.#fields(before, why, lost, planned);
    return {
      fields: { ...fields, hints: before.hints, corrected: before.corrected },
      grants: this.#grants({ ...before, ...fields }, lost),
    };
  }

  /** What a job would be given if it were planned anew; its own reservation must be given back. */
  plan(before: JobRecord, lost: ReadonlySet<number> = new Set()): JobPlan {
    return this.#parts.planner.plan(before, this.#rooms(before, lost), presentIn(before.ranges));
  }

  #fields(before: JobRecord, why: string, lost: ReadonlySet<number>, planned: JobPlan) {
    const fields = fieldsOf(before, replan(before.ranges, planned), why, lost);
    if (fields.previous.length <= mostPreviousOwners || lost.size > 0) return fields;
    const { fleet, reserved } = this.#parts;
    const kept = this.#parts.planner.replan(before, fleet.roomsOf(shardsOf(before.ranges), reserved));
    return fieldsOf(before, { plan: kept, moves: [] }, why);
  }

  /**
   * Where the job may have slots: wherever new jobs may, and on its own shards that are away for the moment. It leaves nodes that
   * drain, unless there are no others.
   */
  #rooms(before: JobRecord, lost: ReadonlySet<number>): Rooms {
    const { fleet, reserved, namespaces } = this.#parts;
    const free = namespaces.roomsFor(before.namespace, fleet.rooms(reserved));
    const away = shardsOf(before.ranges).filter((shard) => free.of(shard) === undefined && !lost.has(shard));
    if (away.length === 0) return free;
    const own = fleet.roomsOf(away, reserved);
    const staying = own.filter(({ node }) => fleet.node(node)?.record.draining !== true);
    if (staying.length === 0 && free.length > 0) return free;
    return [...free, ...(staying.length > 0 ? staying : own)];
  }

  /** Deals the quota as the job now has it; undefined if it has none. */
  #grants(record: JobRecord, lost: ReadonlySet<number>): GrantRecord | undefined {
    const { grants } = this.#parts;
    const { quotaBytes, shares } = record.allocation;
    if (grants.resize(record.job, quotaBytes) !== undefined) {
      const weights = shares.map(({ shard, slots }) => ({ shard, weight: slots }));
      return grants.redeal(record.job, weights, lost);
    }
    const book = openBook(record);
    if (book !== undefined) grants.add(book);
    return book?.record();
  }
}

/** Names of hints that are not what they were. */
function differences(before: Hints, after: Hints): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Hints>;
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
