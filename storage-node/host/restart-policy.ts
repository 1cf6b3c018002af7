/** A shard that lived this long is restarted at once when it dies. */
const stableMs = 10_000;
const firstDelayMs = 100;
const longestDelayMs = 5000;

/** How often a shard died young in a row, and how long to wait before it is started again. */
export interface Restart {
  readonly youngDeaths: number;
  readonly delayMs: number;
}

/** At once after the first death, then after 100 ms, doubling up to 5 s, until the shard lives for 10 s. */
export function afterDeath(youngDeathsBefore: number, livedMs: number): Restart {
  const youngDeaths = livedMs >= stableMs ? 1 : youngDeathsBefore + 1;
  const delayMs = youngDeaths === 1 ? 0 : Math.min(firstDelayMs * 2 ** (youngDeaths - 2), longestDelayMs);
  return { youngDeaths, delayMs };
}
