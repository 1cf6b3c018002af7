import { inTransactions } from './batch.js';
import type { KeyChange } from './client.js';

/**
 * A commit too large for one transaction: its changes lie in parts, written one by one, and count from the moment the marker is there, which
 * comes with the last part. They are then made in several transactions, by whoever leads, and marker and parts go last.
 */
export interface StagedCommit {
  readonly marker: string;
  readonly changes: readonly KeyChange[];
}

/** The transactions that stage changes, whose values are JSON, under a name; with the last of them the commit is made. */
export function stagingTransactions(staged: string, name: string, changes: readonly KeyChange[]): KeyChange[][] {
  const parts = inTransactions(changes).map((part, index) => ({ key: `${staged}${name}/${index}`, value: partText(part) }));
  const marker = { key: `${staged}${name}`, value: String(parts.length) };
  return parts.map((part, index) => (index === parts.length - 1 ? [part, marker] : [part]));
}

/** The transactions that make a staged commit's changes, then remove it. */
export function replayTransactions({ marker, changes }: StagedCommit, records: Iterable<string>): KeyChange[][] {
  const parts = [...records].filter((key) => key.startsWith(`${marker}/`));
  const removal = [marker, ...parts].map((key) => ({ key, value: undefined }));
  // The marker goes before or with the parts: a commit without all its parts is never found.
  return [...inTransactions(changes), ...inTransactions(removal)];
}

/** Commits that were staged and perhaps not made, and parts of those that never came about. */
export function stagedIn(staged: string, records: ReadonlyMap<string, string>): { commits: StagedCommit[]; left: string[] } {
  const keys = [...records.keys()].filter((key) => key.startsWith(staged));
  const markers = keys.filter((key) => !key.slice(staged.length).includes('/'));
  const commits = markers.map((marker) => ({ marker, changes: changesOf(marker, records) }));
  const left = keys.filter((key) => !markers.some((marker) => key === marker || key.startsWith(`${marker}/`)));
  return { commits, left };
}

/** Values are JSON already: they are taken as they are. */
function partText(changes: readonly KeyChange[]): string {
  const pairs = changes.map(({ key, value }) => `[${JSON.stringify(key)}${value === undefined ? '' : `,${value}`}]`);
  return `[${pairs.join(',')}]`;
}

function changesOf(marker: string, records: ReadonlyMap<string, string>): KeyChange[] {
  const parts = Array.from({ length: Number(records.get(marker)) }, (_, index) => records.get(`${marker}/${index}`) ?? '[]');
  return parts.flatMap((part) => {
    const pairs = JSON.parse(part) as [string, unknown?][];
    return pairs.map(([key, ...value]) => ({ key, value: value.length === 0 ? undefined : JSON.stringify(value[0]) }));
  });
}
