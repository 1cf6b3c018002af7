import ora from 'ora';
import type { CliProcess } from './context.js';

/**
 * Shows `text` on stderr while `work` is under way, if that is a terminal: elsewhere a command that fails has one line
 * there, its error. The outcome is `work`'s own; `update` changes the text.
 */
export async function withProgress<Result>(
  io: CliProcess,
  text: string,
  work: (update: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  if (!isWatched(io.stderr)) return work(() => undefined);
  const spinner = ora({ text, stream: io.stderr, discardStdin: false, isEnabled: true }).start();
  try {
    return await work((next) => {
      spinner.text = next;
    });
  } finally {
    spinner.stop();
  }
}

/** A terminal that says how wide it is: one of no width, as containers without a client have it, takes a spinner for ever to clear. */
function isWatched(stream: CliProcess['stderr']): boolean {
  return stream.isTTY === true && stream.columns !== undefined && stream.columns > 0;
}
