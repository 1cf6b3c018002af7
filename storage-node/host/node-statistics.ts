import type { NodeUsage } from '@satchel/proto/gen';
import type { ShardStatistics } from '../shard/messages.js';

interface Known {
  readonly statistics: ShardStatistics;
  readonly atMs: number;
  /** Cores busy between the last two reports. */
  readonly cpu: number;
}

/** The last counters of each of the node's shards. */
export class NodeStatistics {
  private readonly shards = new Map<number, Known>();
  /** Of processes that have ended, so that the node's counters only grow. */
  private ended = { bytesIn: 0, bytesOut: 0 };

  record(index: number, statistics: ShardStatistics, nowMs: number): void {
    const before = this.shards.get(index);
    const elapsedMs = before ? nowMs - before.atMs : 0;
    const busySeconds = before ? statistics.cpuSeconds - before.statistics.cpuSeconds : 0;
    this.shards.set(index, { statistics, atMs: nowMs, cpu: elapsedMs > 0 ? (1000 * busySeconds) / elapsedMs : 0 });
  }

  /** The shard's process has ended. */
  forget(index: number): void {
    const last = this.shards.get(index)?.statistics;
    if (!last) return;
    this.ended = { bytesIn: this.ended.bytesIn + last.bytesIn, bytesOut: this.ended.bytesOut + last.bytesOut };
    this.shards.delete(index);
  }

  /** Shards that have reported, by index. */
  *entries(): Generator<[number, ShardStatistics]> {
    for (const [index, { statistics }] of this.shards) yield [index, statistics];
  }

  /** The node as its heartbeat shows it. */
  usage(): NodeUsage {
    const sum = (pick: (statistics: ShardStatistics) => number): number => {
      let total = 0;
      for (const { statistics } of this.shards.values()) total += pick(statistics);
      return total;
    };
    let cpu = 0;
    for (const known of this.shards.values()) cpu += known.cpu;
    return {
      dramUsedBytes: sum(({ dram }) => dram.usedBytes),
      dramReservedBytes: sum(({ dram }) => dram.reservedBytes),
      ssdUsedBytes: sum(({ ssd }) => ssd.usedBytes),
      cpu,
      bytesIn: this.ended.bytesIn + sum(({ bytesIn }) => bytesIn),
      bytesOut: this.ended.bytesOut + sum(({ bytesOut }) => bytesOut),
      connections: sum(({ connections }) => connections),
    };
  }
}
