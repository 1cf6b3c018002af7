import { limits } from '@satchel/proto/core';
import type { HistoryRecord, RunPeaks } from '../model.js';
import type { Change } from '../state/state-store.js';

/** Name of a job that was registered without one; unrelated jobs have it, so nothing is remembered of them. */
export const unnamed = 'job';

/** Runs of a name that count, and for how long. */
export const runsKept = 8;
export const runKeptMs = 30 * 24 * 3_600_000;

/**
 * What is reserved above the middle of the peaks of so many runs: a quarter if there is one, and the less the more there are, since the middle of many
 * is surer. The middle and not the highest, because a run that needs more is given more within seconds, whereas one that needs less keeps what it was
 * given; of the last runs only, so that a job that has changed is known anew.
 */
export const headroomOf = (runs: number): number => 1 + 0.25 / runs;

/** What a name is sized by: the middle of the peaks of its last runs with room above it. */
export interface RecordedPeaks {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
  /** Over all runs that count, without room above. */
  readonly meanBytesPerSecond: number;
  readonly valueBytes: number;
  /** Of the longest run. */
  readonly durationMs: number;
  /** As a reason says it. */
  readonly because: string;
}

/** Adds a run to what is remembered of a name; old runs go. */
export function withRun(record: HistoryRecord | undefined, namespace: string, name: string, run: RunPeaks): HistoryRecord {
  const kept = (record?.recent ?? []).filter(({ endedMs }) => run.endedMs - endedMs < runKeptMs);
  return { namespace, name, runs: (record?.runs ?? 0) + 1, recent: [...kept, run].slice(-runsKept) };
}

/** What to size a job by; undefined if no run counts any more. */
export function peaksOf(record: HistoryRecord | undefined, nowMs: number): RecordedPeaks | undefined {
  const runs = (record?.recent ?? []).filter(({ endedMs }) => nowMs - endedMs < runKeptMs);
  if (runs.length === 0) return undefined;
  const headroom = headroomOf(runs.length);
  const sum = (of: (run: RunPeaks) => number) => runs.reduce((total, run) => total + of(run), 0);
  const runsText = runs.length === 1 ? 'the last run' : `the last ${runs.length} runs`;
  return {
    bytes: Math.ceil(headroom * middle(runs.map(({ peakBytes }) => peakBytes))),
    bytesPerSecond: Math.ceil(headroom * middle(runs.map(({ peakBytesPerSecond }) => peakBytesPerSecond))),
    requestsPerSecond: Math.ceil(headroom * middle(runs.map(({ peakRequestsPerSecond }) => peakRequestsPerSecond))),
    meanBytesPerSecond: (1000 * sum(({ movedBytes }) => movedBytes)) / sum(({ durationMs }) => durationMs),
    valueBytes: Math.max(1, Math.round(sum(({ movedBytes }) => movedBytes) / sum(({ requests }) => requests))),
    durationMs: Math.max(...runs.map(({ durationMs }) => durationMs)),
    because: `recorded: ${headroom.toPrecision(3)} × the middle of ${runsText} of this name`,
  };
}

/** Of an even number the lower of the two in the middle. */
function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}

/** What is remembered of jobs' names, of the least recently used no more than a limit. */
export class HistoryDesk {
  readonly #records = new Map<string, HistoryRecord>();
  readonly #most: number;

  /** Takes up what was remembered. */
  constructor(records: readonly HistoryRecord[], most: number = limits.historyNames) {
    this.#most = most;
    for (const record of records.toSorted((a, b) => lastMs(a) - lastMs(b))) this.#records.set(keyOf(record), record);
  }

  get size(): number {
    return this.#records.size;
  }

  /** What to size a job of this name by. */
  peaks(namespace: string, name: string, nowMs: number): RecordedPeaks | undefined {
    return peaksOf(this.#records.get(keyOf({ namespace, name })), nowMs);
  }

  /** Takes note of a run that ended; returns the changes of state for the caller to commit. A run that did nothing is no run. */
  ended(namespace: string, name: string, run: RunPeaks): Change[] {
    if (name === unnamed || run.requests === 0) return [];
    const key = keyOf({ namespace, name });
    const record = withRun(this.#records.get(key), namespace, name, run);
    this.#records.delete(key);
    this.#records.set(key, record);
    return [{ collection: 'history', key, value: record }, ...this.#forgotten()];
  }

  #forgotten(): Change[] {
    const changes: Change[] = [];
    for (const key of this.#records.keys()) {
      if (this.#records.size <= this.#most) break;
      this.#records.delete(key);
      changes.push({ collection: 'history', key, value: undefined });
    }
    return changes;
  }
}

/** Neither part has a slash. */
function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function lastMs({ recent }: HistoryRecord): number {
  return recent.at(-1)?.endedMs ?? 0;
}
