/** What a key may hold: its value, null for nothing, or `lost`, which says so. */
export type Possible = string | null | typeof lost;
const lost = Symbol('lost');

type Effect = (value: string | null) => readonly [string | null, unknown];

const effects: Record<string, (argument: string) => Effect> = {
  GET: () => (value) => [value, value],
  SET: (argument) => () => [argument, 'OK'],
  SETNX: (argument) => (value) => [value ?? argument, value === null ? 1 : 0],
  APPEND: (argument) => (value) => [(value ?? '') + argument, (value ?? '').length + argument.length],
  DEL: () => (value) => [null, value === null ? 0 : 1],
  GETDEL: () => (value) => [null, value],
};

/** Commands of {@link KeyJudge}. */
export const judgedCommands: readonly string[] = Object.keys(effects);

/** Judges the answers to commands on one key, one after the other, of which some got none and some shards died with what they had. */
export class KeyJudge {
  #possible: Possible[] = [null];
  /** Shards that have died may have had the key. */
  shardDied(): void {
    this.#keep([...this.#possible, lost]);
  }

  /** Whether the command may have been carried out or not. */
  unknown(name: string, argument: string): void {
    const effect = (effects[name] as (argument: string) => Effect)(argument);
    this.#keep([
      ...this.#possible,
      ...this.#possible.map((value) => (typeof value === 'symbol' ? afterLoss(name, argument) : effect(value)[0])),
    ]);
  }

  /** Takes note of an answer; what was possible if it cannot be right. */
  answered(name: string, argument: string, answer: unknown): string | undefined {
    const effect = (effects[name] as (argument: string) => Effect)(argument);
    const before = this.#possible.map((value) => (typeof value === 'symbol' ? 'LOST' : JSON.stringify(value))).join(' or ');
    const isLost = String(answer).startsWith('-LOST ');
    const left: Possible[] = [];
    for (const value of this.#possible) {
      if (typeof value === 'symbol') {
        if (isLost && !['SET', 'DEL'].includes(name)) left.push(lost);
        else if (name === 'SET' || name === 'DEL') left.push(afterLoss(name, argument));
      } else {
        const [after, expected] = effect(value);
        if (!isLost && expected === answer) left.push(after);
      }
    }
    this.#keep(left);
    return left.length === 0 ? before : undefined;
  }

  #keep(possible: readonly Possible[]): void {
    this.#possible = [...new Set(possible)];
  }
}

function afterLoss(name: string, argument: string): Possible {
  return name === 'SET' ? argument : name === 'DEL' ? null : lost;
}
