import { ObjectModel } from './object-model.js';

/** The states that a job's objects can be in, going by the answers so far: while time goes on, nobody knows when a command ran. */
export class PossibleModels {
  #models = [new ObjectModel()];

  /** Live objects at some time, in each of the states. */
  keysAt(nowMs: number): string[][] {
    for (const model of this.#models) model.nowMs = nowMs;
    return this.#models.map(({ keys }) => keys);
  }

  /** Whether a read of the key may use it up. */
  isCounted(key: string): boolean {
    return this.#models.some((model) => model.isCounted(key));
  }

  /** Takes note of an answer to a command that ran at one of these times. Returns what was expected if it cannot be right, else undefined. */
  check(timesMs: readonly number[], actual: unknown, name: string, key: string, ...rest: string[]): unknown[] | undefined {
    const expected: unknown[] = [];
    const left = new Map<string, ObjectModel>();
    for (const nowMs of timesMs) {
      for (const before of this.#models) {
        const model = before.clone();
        model.nowMs = nowMs;
        const answer = model.call(name, key, ...rest);
        if (!isAlike(answer, actual)) expected.push(answer);
        else left.set(timesMs.length === 1 && this.#models.length === 1 ? '' : shown(model), model);
      }
    }
    if (left.size === 0 && !isBetween(expected, actual, name)) return expected;
    if (left.size === 0) {
      this.#models = this.#models.map((before) => {
        const model = before.clone();
        model.nowMs = timesMs.at(-1) as number;
        model.call(name, key, ...rest);
        return model;
      });
      return undefined;
    }
    this.#models = [...left.values()];
    return undefined;
  }
}

/** A deletion goes through its objects one after the other, while some of them expire. */
function isBetween(expected: readonly unknown[], actual: unknown, name: string): boolean {
  const counts = expected.map(Number);
  return name === 'SATCHEL.DELPREFIX' && Math.min(...counts) <= Number(actual) && Number(actual) <= Math.max(...counts);
}

function isAlike(expected: unknown, actual: unknown): boolean {
  if (expected === 'FENCED' || expected === 'FAILED') return String(actual).startsWith(`-${expected}`);
  return JSON.stringify(expected) === JSON.stringify(actual);
}

function shown({ entries }: ObjectModel): string {
  const plain = [...entries].map(([key, entry]) => [key, entry.kind === 'set' ? [...entry.members, entry.expiresAtMs] : entry]);
  return JSON.stringify(plain.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)));
}
