/** Every code a Satchel error can have: its RESP code word, and whether repeating the same call can succeed. */
const codes = {
  unauthenticated: { word: 'NOAUTH', retry: false },
  'wrong-token': { word: 'WRONGPASS', retry: false },
  'permission-denied': { word: 'NOPERM', retry: false },
  'no-job': { word: 'NOJOB', retry: false },
  'out-of-memory': { word: 'OOM', retry: true },
  'quota-exceeded': { word: 'QUOTA', retry: false },
  lost: { word: 'LOST', retry: false },
  failed: { word: 'FAILED', retry: false },
  fenced: { word: 'FENCED', retry: false },
  gone: { word: 'GONE', retry: true },
  'too-large': { word: 'TOOLARGE', retry: false },
  'wrong-type': { word: 'WRONGTYPE', retry: false },
  moved: { word: 'MOVED', retry: true },
  'cross-slot': { word: 'CROSSSLOT', retry: false },
  'invalid-argument': { word: 'ERR', retry: false },
  'not-found': { word: undefined, retry: false },
  unavailable: { word: 'UNAVAILABLE', retry: true },
  timeout: { word: 'TIMEOUT', retry: true },
  'unknown-outcome': { word: 'UNKNOWN', retry: false },
  internal: { word: undefined, retry: false },
} as const satisfies Record<string, { word: string | undefined; retry: boolean }>;

export type ErrorCode = keyof typeof codes;

/** First word of an error reply; see the RESP contract in docs/errors.md. */
export type ErrorWord = Exclude<(typeof codes)[ErrorCode]['word'], undefined>;

const codeOfWord = new Map<string, ErrorCode>(
  (Object.keys(codes) as ErrorCode[]).flatMap((code) => {
    const word = codes[code].word;
    return word === undefined ? [] : [[word, code] as const];
  }),
);

/**
 * The one error class of Satchel. `message` says what was wrong, with which value, and what to do;
 * it never starts with the code word.
 */
export class SatchelError extends Error {
  override readonly name = 'SatchelError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same call may be repeated: nothing of it happened, or repeating does no harm. */
  get retrySafe(): boolean {
    return codes[this.code].retry;
  }

  /** The error as a RESP error line without its leading `-`; codes without a word of their own travel as ERR. */
  toRespLine(): string {
    return `${codes[this.code].word ?? 'ERR'} ${this.message.replaceAll(/[\r\n]+/g, ' ')}`;
  }

  /** Reads a RESP error line (without `-`); an unknown word becomes `invalid-argument` with the whole line. */
  static fromRespLine(line: string): SatchelError {
    const space = line.indexOf(' ');
    const code = codeOfWord.get(space < 0 ? line : line.slice(0, space));
    if (code === undefined) return new SatchelError('invalid-argument', line);
    return new SatchelError(code, space < 0 ? line : line.slice(space + 1));
  }

  /** Whatever was thrown, as a SatchelError; what is not one already becomes `internal` with its cause kept. */
  static from(thrown: unknown): SatchelError {
    if (thrown instanceof SatchelError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new SatchelError('internal', message, { cause: thrown });
  }
}

/** Throws on a programmer's mistake, which is never an error code. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
