import { formatBytes, slotCount } from '@satchel/proto/core';
import type { Job__Output } from '@satchel/proto/gen';
import { table } from './output.js';

/** Spans of one row that are listed; the rest is counted. */
const spansListed = 6;

interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Whose slots are whose, for people. */
export function slotMapTable({ slotMap, allocation }: Job__Output): string {
  const ranges = slotMap?.ranges ?? [];
  const spans = new Map<number, Span[]>();
  for (const [index, { start, shard }] of ranges.entries()) {
    spans.set(shard, [...(spans.get(shard) ?? []), { start, end: ranges[index + 1]?.start ?? slotCount }]);
  }
  const nodes = new Map(allocation?.shares.map(({ shard, node }) => [shard, node]));
  const state = new Map(slotMap?.shards.map((shard) => [shard.shard, shard.state]));
  const rows = [...spans].map(([shard, own]) => {
    const slots = own.reduce((sum, { start, end }) => sum + end - start, 0);
    const part = `${slots} (${((100 * slots) / slotCount).toFixed(1)} %)`;
    return [`${nodes.get(shard) ?? '-'}/${shard}`, state.get(shard) ?? 'away', part, listed(own)];
  });
  return table(['SHARD', 'STATE', 'SLOTS', 'WHICH'], rows, 'no slots');
}

/** What has yet to move, or is lost, for people; empty if nothing is. */
export function movingTable({ previous, slotMap }: Job__Output): string {
  const kinds = new Map<string, { shard: number; epoch: number; lost: boolean; spans: Span[] }>();
  for (const { shard, epoch, lost, start, end } of previous) {
    const kind = kinds.get(`${shard} ${epoch} ${lost}`) ?? { shard, epoch, lost, spans: [] };
    kind.spans.push({ start, end });
    kinds.set(`${shard} ${epoch} ${lost}`, kind);
  }
  const rows = [...kinds.values()].map(({ shard, epoch, lost, spans }) => {
    const slots = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    const because = lost
      ? 'the shard is gone for good: what was not written since is lost'
      : 'may still hold objects; they move one by one as they are used';
    return [String(shard), String(epoch), String(slots), listed(spans), because];
  });
  if (rows.length === 0) return '';
  const title = `previous owners, at epoch ${slotMap?.epoch ?? 0}`;
  return `${title}\n${table(['SHARD', 'UNTIL EPOCH', 'SLOTS', 'WHICH', 'BECAUSE'], rows, '')}`;
}

/** What the job is short of, for people. */
export function deficitText({ deficit }: Job__Output): string {
  if (deficit === null) return 'nothing';
  const parts = [
    ...(deficit.shards > 0 ? [`${deficit.shards} shards`] : []),
    ...(deficit.bytes > 0 ? [`${formatBytes(deficit.bytes)} in the tier wanted`] : []),
    ...(deficit.throughputBytesPerSecond > 0 ? [`${formatBytes(deficit.throughputBytesPerSecond)}/s`] : []),
  ];
  return `${parts.join(', ')}; it gets more as soon as there is more room`;
}

function listed(spans: readonly Span[]): string {
  const texts = spans.slice(0, spansListed).map(({ start, end }) => `${start}-${end - 1}`);
  const more = spans.length - texts.length;
  return more > 0 ? `${texts.join(', ')} and ${more} more` : texts.join(', ');
}
