import type { UsageTotals } from '@satchel/proto/core';

/** Work per second. */
export interface Rates {
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
}

/** A shard's last report and the rates since the one before. */
interface Pace extends Rates {
  readonly atMs: number;
  readonly bytes: number;
  readonly requests: number;
}

/** Two reports that are closer than this are taken for one: what was done in between says nothing about a second. */
const leastMs = 500;
/** A job that changes is reported every time. After a silence of so many times what is reported was done since the last of them. */
const longestSilence = 2.5;

/** When a shard reports, and how often it does while the job changes. */
interface PaceTime {
  readonly atMs: number;
  readonly everyMs: number;
}

/** How fast a job goes, from successive reports of its shards. Times are of the reporting nodes. */
export class JobPace {
  readonly #paces = new Map<number, Pace>();

  /**
   * Takes in a shard's counters. `begins`: nothing is known of how long they took (the shard began anew, or its node was away). Returns the job's
   * rates now, of all its shards.
   */
  report(shard: number, usage: UsageTotals, { atMs, everyMs, begins }: PaceTime & { readonly begins: boolean }): Rates {
    const bytes = usage.bytesIn + usage.bytesOut + usage.localBytes;
    const requests = usage.requests + usage.localReads;
    const before = this.#paces.get(shard);
    if (begins || before === undefined || atMs < before.atMs) {
      this.#paces.set(shard, { atMs, bytes, requests, bytesPerSecond: 0, requestsPerSecond: 0 });
    } else if (atMs - before.atMs >= leastMs) {
      const elapsedMs = atMs - before.atMs > longestSilence * everyMs ? everyMs : atMs - before.atMs;
      const rate = (now: number, then: number) => (1000 * Math.max(0, now - then)) / elapsedMs;
      const bytesPerSecond = rate(bytes, before.bytes);
      this.#paces.set(shard, { atMs, bytes, requests, bytesPerSecond, requestsPerSecond: rate(requests, before.requests) });
    }
    return this.#rates(atMs, longestSilence * everyMs);
  }

  /** A shard's first report: it did all of it since the heartbeat before. */
  first(shard: number, usage: UsageTotals, { atMs, everyMs }: PaceTime): Rates {
    this.#paces.set(shard, { atMs: atMs - everyMs, bytes: 0, requests: 0, bytesPerSecond: 0, requestsPerSecond: 0 });
    return this.report(shard, usage, { atMs, everyMs, begins: false });
  }

  #rates(atMs: number, longestMs: number): Rates {
    let bytesPerSecond = 0;
    let requestsPerSecond = 0;
    for (const pace of this.#paces.values()) {
      if (Math.abs(atMs - pace.atMs) > longestMs) continue;
      bytesPerSecond += pace.bytesPerSecond;
      requestsPerSecond += pace.requestsPerSecond;
    }
    return { bytesPerSecond, requestsPerSecond };
  }
}
