import { negligible } from './fit.js';

/** A shard among those of a job: the most it can take and what it has now, as parts of the job. */
export interface Part {
  readonly most: number;
  readonly present: number;
}

/**
 * Deals the whole to shards. Each keeps what it has as far as it can hold it; what is then missing goes to those with least, so that
 * all come to have as nearly the same as they can hold. `most` add up to 1 or more; the result, in the same order, adds up to 1.
 */
export function deal(parts: readonly Part[]): number[] {
  const base = parts.map(({ most, present }) => Math.min(most, present));
  const held = sum(base);
  if (held > 1 + negligible) return base.map((part) => part / held);
  const level = levelFor(parts, base);
  const dealt = parts.map(({ most }, index) => Math.max(base[index] as number, Math.min(most, level)));
  const all = sum(dealt);
  return dealt.map((part) => part / all);
}

/** The level to which parts below it rise, as far as they can, so that all add up to 1. */
function levelFor(parts: readonly Part[], base: readonly number[]): number {
  // Between two neighbouring turning points the sum grows linearly; a bisection over them finds the pair.
  const turns = [...new Set([0, ...base, ...parts.map(({ most }) => most)])].sort((a, b) => a - b);
  const at = (level: number) => sum(parts.map(({ most }, index) => Math.max(base[index] as number, Math.min(most, level))));
  let low = 0;
  let high = turns.length - 1;
  if (at(turns[high] as number) <= 1) return turns[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(turns[middle] as number) <= 1) low = middle;
    else high = middle;
  }
  const [from, to] = [turns[low] as number, turns[high] as number];
  const [below, above] = [at(from), at(to)];
  return above > below ? from + ((1 - below) / (above - below)) * (to - from) : from;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
