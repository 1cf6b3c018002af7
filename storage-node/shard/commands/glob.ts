/** One step of a pattern: any number of bytes, or one byte that passes a test. */
type Step = 'many' | ((byte: string) => boolean);

/** Patterns like Redis's: `*`, `?`, `[a-c]`, `[^x]`, and `\` before what is meant literally. */
export class Glob {
  /** What every match begins with. */
  readonly prefix: string;
  readonly #steps: Step[] = [];

  /** Pattern and texts have one latin1 character per byte. */
  constructor(pattern: string) {
    let prefix = '';
    let literal = true;
    for (let at = 0; at < pattern.length; ) {
      const { step, next, byte } = parseStep(pattern, at);
      if (step !== 'many' || this.#steps.at(-1) !== 'many') this.#steps.push(step);
      literal &&= byte !== undefined;
      if (literal) prefix += byte;
      at = next;
    }
    this.prefix = prefix;
  }

  /** Time grows with the lengths' product at worst, never faster. */
  matches(text: string): boolean {
    const steps = this.#steps;
    let step = 0;
    let at = 0;
    let many = -1;
    let manyAt = 0;
    while (at < text.length) {
      const current = steps[step];
      if (current === 'many') {
        many = step++;
        manyAt = at;
      } else if (current?.(text[at] as string)) {
        step++;
        at++;
      } else if (many >= 0) {
        // The last `*` takes one byte more; earlier ones never need to.
        step = many + 1;
        at = ++manyAt;
      } else return false;
    }
    while (steps[step] === 'many') step++;
    return step === steps.length;
  }
}

function parseStep(pattern: string, at: number): { step: Step; next: number; byte?: string } {
  const byte = pattern[at] as string;
  if (byte === '*') return { step: 'many', next: at + 1 };
  if (byte === '?') return { step: () => true, next: at + 1 };
  if (byte === '[') return parseClass(pattern, at + 1);
  const escaped = byte === '\\' && at + 1 < pattern.length;
  const meant = escaped ? (pattern[at + 1] as string) : byte;
  return { step: (other) => other === meant, next: at + (escaped ? 2 : 1), byte: meant };
}

/** The class that begins after its bracket; one without end reaches to the end of the pattern, as in Redis. */
function parseClass(pattern: string, start: number): { step: Step; next: number } {
  const negated = pattern[start] === '^';
  const ranges: [string, string][] = [];
  let at = start + (negated ? 1 : 0);
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) {
      ranges.push([pattern[at + 1] as string, pattern[at + 1] as string]);
      at += 2;
    } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [low, high] = [pattern[at] as string, pattern[at + 2] as string].sort() as [string, string];
      ranges.push([low, high]);
      at += 3;
    } else {
      ranges.push([pattern[at] as string, pattern[at] as string]);
      at++;
    }
  }
  const step = (byte: string) => ranges.some(([low, high]) => byte >= low && byte <= high) !== negated;
  return { step, next: at + 1 };
}
