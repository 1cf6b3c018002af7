const firstDelayMs = 20;
const longestDelayMs = 1000;

/**
 * Milliseconds to wait before connection attempt `attempt` (1 is the first repeat): doubles up to a second, and a random half of it is taken
 * off (`random` in [0, 1)), so that the clients of a shard that restarts do not all come at once.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 16));
  return ceiling * (1 - random / 2);
}
