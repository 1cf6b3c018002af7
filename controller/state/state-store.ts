import type {
  DecisionRecord,
  FleetRecord,
  GrantRecord,
  HistoryRecord,
  JobRecord,
  NamespaceUsageRecord,
  NodeRecord,
  UsageRecord,
} from '../model.js';
import type { NamespaceRecord } from '../namespaces/limits.js';
import type { StageRecord } from '../stages/stage-record.js';

/** What a controller remembers, by collection. Keys: the job's or node's id, of stages both ids, of namespaces' usage name and month; `fleet` has the one key `fleet`. An active job with a quota and no `grants` has those that it began with. */
export interface Collections {
  fleet: FleetRecord;
  nodes: NodeRecord;
  jobs: JobRecord;
  grants: GrantRecord;
  usage: UsageRecord;
  'namespace-usage': NamespaceUsageRecord;
  stages: StageRecord;
  decisions: DecisionRecord;
  history: HistoryRecord;
  namespaces: NamespaceRecord;
}

export type Collection = keyof Collections;

/** Every collection, each once. */
export const collections = Object.keys({
  fleet: true,
  nodes: true,
  jobs: true,
  grants: true,
  usage: true,
  'namespace-usage': true,
  stages: true,
  decisions: true,
  history: true,
  namespaces: true,
} satisfies Record<Collection, true>) as Collection[];

/** One record set, or removed if `value` is undefined. */
export type Change = {
  [Name in Collection]: { readonly collection: Name; readonly key: string; readonly value: Collections[Name] | undefined };
}[Collection];

/** Where a controller keeps its state. Owned by one controller at a time. */
export interface StateStore {
  /** Every record of a collection, as last committed, in the order of keys. */
  all<Name extends Collection>(collection: Name): Collections[Name][];
  /**
   * Makes all changes or none. Resolves once they survive a crash of process and machine; rejects if they could not be made.
   * Commits take effect in the order of the calls. Values are read during the call and not kept.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** Waits for commits under way. No call may follow. Idempotent. */
  close(): Promise<void>;
}
