import { type Figures, type Row, summarize } from './figures.js';

/** Something that is measured, beside others that do the same work. */
export interface Contestant {
  readonly name: string;
  /** Contestants of the same work with which it is compared. */
  readonly against: readonly string[];
  /** Does the work once. */
  run(): Promise<Figures>;
}

/** One kind of work and those who do it in turns. */
export interface Work {
  readonly name: string;
  readonly contestants: readonly Contestant[];
}

/**
 * Measures every work `rounds` times. Within a round the contestants of a work run one right after the other, so that they meet the
 * same machine, and each round begins with another one.
 */
export async function runRounds(works: readonly Work[], rounds: number, finished: (round: number) => void): Promise<Row[]> {
  const measured = new Map<Contestant, Figures[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { contestants } of works) {
      for (const contestant of rotated(contestants, round)) {
        measured.set(contestant, [...(measured.get(contestant) ?? []), await contestant.run()]);
      }
    }
    finished(round + 1);
  }
  const of = (contestant: Contestant | undefined) => (contestant && measured.get(contestant)) ?? [];
  return works.flatMap(({ name, contestants }) =>
    contestants.map((contestant) => {
      const opponents = contestant.against.map((other) => [other, of(contestants.find((one) => one.name === other))]);
      return summarize(name, contestant.name, of(contestant), Object.fromEntries(opponents));
    }),
  );
}

/** The list begun at another element. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
