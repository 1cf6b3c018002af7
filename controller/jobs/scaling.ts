import { type Hints, parseHints, shardsOf } from '@satchel/proto/core';
import { replanJob } from '../allocation.js';
import { openBook } from '../grant-desk.js';
import { nodesOf } from '../job-table.js';
import type { JobRecord } from '../model.js';
import type { Change } from '../state/state-store.js';
import type { JobParts } from './parts.js';

/** Changes what running jobs have. */
export class JobScaling {
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** Changes hints. Slots stay where they are; quota, reservation and tiers follow the new hints. */
  async scale(job: string, hints: Hints): Promise<JobRecord> {
    const { environment, fleet, table, reserved, grants, configurer } = this.#parts;
    const before = table.active(job);
    const merged = parseHints({ ...before.hints, ...hints });
    reserved.remove(before.allocation.shares);
    const plan = replanJob(merged, before.ranges, fleet.roomsOf(shardsOf(before.ranges), reserved));
    const record: JobRecord = { ...before, ...plan, hints: merged };
    reserved.add(record.allocation.shares);
    table.set(record);
    const book = grants.resize(job, record.allocation.quotaBytes) ?? this.#addBook(record);
    const changes: Change[] = [{ collection: 'jobs', key: job, value: record }];
    if (book !== undefined) changes.push({ collection: 'grants', key: job, value: book });
    await environment.store.commit(changes);
    await configurer.configure(record, nodesOf(record));
    return record;
  }

  #addBook(record: JobRecord) {
    const book = openBook(record);
    if (book !== undefined) this.#parts.grants.add(book);
    return book?.record();
  }
}
