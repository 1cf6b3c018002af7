/** What the exit codes of `satchel` mean. */
export const exitCode = { done: 0, failed: 1, usage: 2 } as const;

/** Wrong usage that only shows after parsing, such as options that contradict each other. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A process that ran in our place has said what was wrong and ended with this code; nothing is left to say. */
export class ExitCodeError extends Error {
  override readonly name = 'ExitCodeError';
  readonly exitCode: number;

  constructor(code: number) {
    super(`ended with code ${code}`);
    this.exitCode = code;
  }
}
