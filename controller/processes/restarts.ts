/** Waits between restarts grow from the first to the last of these. */
const firstDelayMs = 100;
const lastDelayMs = 3_000;
/** Deaths within this time count together. */
const windowMs = 60_000;
/** So many deaths within the window mean that another restart would not help. */
const deathsTooMany = 6;

/** What to do about a process that ended. */
export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'let-go' };

/** Decides from the times of all ends so far (milliseconds, ascending, the last one is now); `left`: the process said it ends for good. */
export function decideRestart(deathsMs: readonly number[], left: boolean): RestartDecision {
  if (left) return { kind: 'let-go' };
  const now = deathsMs.at(-1) ?? 0;
  const recent = deathsMs.filter((at) => at > now - windowMs).length;
  if (recent >= deathsTooMany) return { kind: 'give-up' };
  return { kind: 'restart', delayMs: Math.min(lastDelayMs, firstDelayMs * 2 ** (recent - 1)) };
}
