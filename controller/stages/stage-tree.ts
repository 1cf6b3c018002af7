import { limits, persistPrefix, SatchelError } from '@satchel/proto/core';
import { type EndedPrefix, endedPrefixBy } from './ended-prefixes.js';
import type { StageRecord } from './stage-record.js';

/** A stage to be, checked. */
export interface NewStage {
  readonly name: string;
  /** Id of the stage above it; empty: the job itself. */
  readonly parent: string;
  /** 0: no lease of its own. */
  readonly leaseMs: number;
  /** Empty: made of the id, under the parent's prefix. */
  readonly prefix: string;
}

/**
 * The stages of one job, as a tree: the prefix of a stage begins with its parent's, and no two stages share a key unless one is
 * above the other. So what ends with a stage is its own and that of the stages below it, nothing else.
 */
export class StageTree {
  readonly #stages = new Map<string, StageRecord>();

  get size(): number {
    return this.#stages.size;
  }

  get(stage: string): StageRecord | undefined {
    return this.#stages.get(stage);
  }

  all(): StageRecord[] {
    return [...this.#stages.values()];
  }

  /** Sets a stage as it now is. */
  set(record: StageRecord): void {
    this.#stages.set(record.stage, record);
  }

  remove(stage: string): void {
    this.#stages.delete(stage);
  }

  /** The prefix a stage would have. Throws `invalid-argument` or `gone` saying why it cannot begin. */
  prefixFor(stage: string, wanted: NewStage, ended: readonly EndedPrefix[]): string {
    const parent = wanted.parent === '' ? undefined : this.#activeParent(wanted.parent);
    this.#checkRoom(parent);
    const prefix = checkedPrefix(wanted.prefix || `${parent?.prefix ?? ''}${stage}/`);
    if (parent !== undefined && !prefix.startsWith(parent.prefix)) {
      throw wrong(`prefix '${prefix}' does not begin with '${parent.prefix}', the prefix of its parent '${parent.stage}'`);
    }
    const over = endedPrefixBy(ended, prefix);
    if (over !== undefined)
      throw wrong(`prefix '${prefix}' shares keys with '${over.prefix}' of a stage that has ended; use another`);
    const above = new Set(this.#lineOf(parent).map(({ stage: id }) => id));
    const other = this.all().find((one) => one.state.kind !== 'ended' && !above.has(one.stage) && sharesKeys(one.prefix, prefix));
    if (other !== undefined) throw wrong(`prefix '${prefix}' shares keys with '${other.prefix}' of stage '${other.stage}'`);
    return prefix;
  }

  /** An active stage and all active ones below it, the stage first. */
  subtree(stage: string): StageRecord[] {
    const found: StageRecord[] = [];
    const ids = [stage];
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const record = this.#stages.get(id);
      if (record?.state.kind === 'active') found.push(record);
      for (const one of this.#active()) if (one.parent === id) ids.push(one.stage);
    }
    return found;
  }

  /** Stages that ended and that too many have followed, oldest first. */
  forgettable(): string[] {
    const ended = this.all().flatMap(({ stage, state }) => (state.kind === 'ended' ? { stage, endedMs: state.endedMs } : []));
    if (ended.length <= limits.endedStages) return [];
    ended.sort((a, b) => a.endedMs - b.endedMs);
    return ended.slice(0, ended.length - limits.endedStages).map(({ stage }) => stage);
  }

  #active(): StageRecord[] {
    return this.all().filter(({ state }) => state.kind === 'active');
  }

  #activeParent(parent: string): StageRecord {
    const record = this.#stages.get(parent);
    if (record === undefined) throw new SatchelError('not-found', `the job has no stage '${parent}' to be the parent`);
    if (record.state.kind !== 'active') throw new SatchelError('gone', `stage '${parent}', the parent, has ended`);
    return record;
  }

  #checkRoom(parent: StageRecord | undefined): void {
    const depth = this.#lineOf(parent).length + 1;
    if (depth > limits.stageDepth)
      throw wrong(`a stage below '${parent?.stage}' would be at depth ${depth}, the limit is ${limits.stageDepth}`);
    if (this.#active().length >= limits.jobStages) {
      throw wrong(`the job has ${limits.jobStages} stages, which is the limit; end some first`);
    }
  }

  /** A stage and those above it. */
  #lineOf(stage: StageRecord | undefined): StageRecord[] {
    const line: StageRecord[] = [];
    for (let one = stage; one !== undefined; one = this.#stages.get(one.parent)) line.push(one);
    return line;
  }
}

function sharesKeys(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function checkedPrefix(prefix: string): string {
  const bytes = Buffer.byteLength(prefix);
  if (bytes > limits.stagePrefixBytes) throw wrong(`prefix has ${bytes} bytes, the limit is ${limits.stagePrefixBytes}`);
  if (/\p{Cc}/u.test(prefix)) throw wrong('prefix has a control character');
  if (sharesKeys(prefix, persistPrefix))
    throw wrong(`prefix '${prefix}' shares keys with ${persistPrefix}, which belongs to the namespace`);
  return prefix;
}

function wrong(what: string): SatchelError {
  return new SatchelError('invalid-argument', `the stage cannot begin: ${what}`);
}
