import type { SlotRange } from '@satchel/proto/core';
import { shardOfSlot, slotCount } from '@satchel/proto/core';
import type { JobConfiguration, PreviousOwner } from '../../job-configuration.js';

/** The configurations of one job as a controller makes them when slots move. */
export class SlotMoves {
  configuration: JobConfiguration;

  constructor(job: string, ranges: readonly SlotRange[]) {
    this.configuration = {
      job,
      namespace: 'default',
      epoch: 1,
      ranges,
      tiers: ['dram'],
      quotaBytes: 0,
      evict: '',
      createdMs: 0,
      revision: 1,
      previous: [],
    };
  }

  /** Gives slots to a shard; those that had them before are remembered. `lost`: they are gone for good. */
  move(start: number, end: number, shard: number, lost = false): JobConfiguration {
    const { ranges, previous = [], epoch, revision = 0 } = this.configuration;
    const next: SlotRange[] = [];
    const added: PreviousOwner[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      const before = shardOfSlot(this.configuration, slot);
      const moves = slot >= start && slot < end && before !== shard;
      const after = moves ? shard : before;
      if (next.at(-1)?.shard !== after) next.push({ start: slot, shard: after });
      if (!moves) continue;
      const last = added.at(-1);
      if (last?.end === slot && last.shard === before) added[added.length - 1] = { ...last, end: slot + 1 };
      else added.push({ start: slot, end: slot + 1, shard: before, epoch: epoch + 1, lost });
    }
    this.configuration = {
      ...this.configuration,
      epoch: epoch + 1,
      revision: revision + 1,
      ranges: ranges.length === 0 ? ranges : next,
      previous: [...added, ...previous],
    };
    return this.configuration;
  }

  /** A shard said, going by an epoch, that these slots are empty there: what it may hold of them since it had them again is another matter. */
  emptied(shard: number, epoch: number, spans: readonly { readonly start: number; readonly end: number }[]): JobConfiguration {
    const { previous = [], revision = 0 } = this.configuration;
    const left = previous.filter(
      (entry) =>
        entry.shard !== shard || entry.epoch > epoch || !spans.some(({ start, end }) => start <= entry.start && entry.end <= end),
    );
    this.configuration = { ...this.configuration, revision: revision + 1, previous: left };
    return this.configuration;
  }
}
