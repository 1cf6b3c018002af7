/** What somebody wants of something scarce, and how much it counts. Weights are above 0. */
export interface Claim {
  readonly namespace: string;
  readonly wanted: number;
  readonly weight: number;
}

/**
 * Shares an amount by weighted max-min fairness: nobody gets more than wanted, and nobody could get more without one with less for its
 * weight getting less. What is left over is what nobody wants. Pure.
 */
export function fairShares(amount: number, claims: readonly Claim[]): Map<string, number> {
  const shares = new Map(claims.map(({ namespace }) => [namespace, 0]));
  // Those who want least for their weight are served whole first; the others share what is left.
  const open = claims.filter(({ wanted }) => wanted > 0).sort((a, b) => a.wanted / a.weight - b.wanted / b.weight);
  let left = amount;
  let weights = open.reduce((sum, { weight }) => sum + weight, 0);
  for (const { namespace, wanted, weight } of open) {
    const share = Math.max(0, Math.min(wanted, (left * weight) / weights));
    shares.set(namespace, share);
    left -= share;
    weights -= weight;
  }
  return shares;
}

/** What a namespace has for its weight: who has least is served first. */
export function fullness(has: number, weight: number): number {
  return has / weight;
}
