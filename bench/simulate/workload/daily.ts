const hoursPerDay = 24;
const tablePoints = 1440;

/** When in the day things arrive. */
export interface DailyProfile {
  /** Rate at its least and at its most, ÷ its mean. */
  readonly least: number;
  readonly most: number;
}

/** The hour at which every kind of job has its peak: the worst case, as peaks that are hours apart would flatten the sum. */
export const peakHour = 15;

/**
 * Arrival rate over the day: least + (most − least) · ((1 + cos) / 2)^k, with the k that gives it mean 1; published curves
 * give least, mean and most, of which real days have one valley and one peak.
 */
export class Daily {
  /** Share of the day's arrivals before each of `tablePoints` moments. */
  readonly #before: Float64Array;

  constructor(profile: DailyProfile) {
    const exponent = exponentOf(profile);
    this.#before = new Float64Array(tablePoints + 1);
    for (let point = 0; point < tablePoints; point++) {
      const hour = ((point + 0.5) / tablePoints) * hoursPerDay;
      this.#before[point + 1] = (this.#before[point] ?? 0) + rate(profile, exponent, hour);
    }
    const all = this.#before[tablePoints] ?? 1;
    for (let point = 0; point <= tablePoints; point++) this.#before[point] = (this.#before[point] ?? 0) / all;
  }

  /** The moment, as a part of the day, before which the share `u` of all arrivals falls. */
  at(u: number): number {
    let low = 0;
    let high = tablePoints;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#before[middle] ?? 1) <= u) low = middle;
      else high = middle;
    }
    const [from, to] = [this.#before[low] ?? 0, this.#before[high] ?? 1];
    return (low + (to > from ? (u - from) / (to - from) : 0)) / tablePoints;
  }
}

function rate({ least, most }: DailyProfile, exponent: number, hour: number): number {
  const wave = (1 + Math.cos((2 * Math.PI * (hour - peakHour)) / hoursPerDay)) / 2;
  return least + (most - least) * wave ** exponent;
}

/** Bisection: the mean falls as the exponent grows. */
function exponentOf(profile: DailyProfile): number {
  let low = 0.01;
  let high = 50;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (let point = 0; point < 288; point++) sum += rate(profile, middle, (point / 288) * hoursPerDay);
    if (sum / 288 > 1) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
