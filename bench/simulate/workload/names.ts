import type { Random } from './random.js';
import { azure } from './tables.js';

/** A job that is run again and again: which part of its kind's distribution of sizes is its own, and how long it takes. */
export interface RecurringName {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Its lifetime ÷ the median's. */
  readonly lifeFactor: number;
}

/** Runs per name on average. */
const runsPerName = 12;
/** No name has more than this part of its kind's jobs: the skew of names must not hide the distribution of sizes. */
const largestPart = 0.005;

/**
 * Names of one kind, popular in the measure that Azure's applications are. Each owns a part of the distribution as wide as it is
 * popular, in random order: so the sizes of all jobs together follow the table, and a name's runs resemble each other.
 */
export function recurringNames(kind: string, jobs: number, lifeSigma: number, random: Random): RecurringName[] {
  const count = Math.max(1, Math.round(jobs / runsPerName));
  const weights = Array.from({ length: count }, (_, rank) =>
    Math.min(Math.max(largestPart, 1 / count), shareOf((rank + 1) / count) - shareOf(rank / count)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = weights.map((weight) => ({ weight: weight / total, key: random.next() })).sort((a, b) => a.key - b.key);
  let from = 0;
  return order.map(({ weight }, index) => {
    const name = { name: `${kind}-${index}`, from, to: from + weight, lifeFactor: random.logNormal(lifeSigma) };
    from += weight;
    return name;
  });
}

/** Share of runs of the most popular part of names. */
function shareOf(part: number): number {
  let [leftPart, leftShare] = [1e-6, 0];
  if (part <= leftPart) return 0;
  for (const point of azure.invocationSkew) {
    if (part <= point.part) {
      const at = Math.log(part / leftPart) / Math.log(point.part / leftPart);
      return leftShare + at * (point.share - leftShare);
    }
    [leftPart, leftShare] = [point.part, point.share];
  }
  return 1;
}
