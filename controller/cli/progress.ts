import ora, { type Ora } from 'ora';
import type { CliProcess } from './context.js';

/** Work that takes no longer than this shows no progress where nobody watches. */
const quietMs = 2_000;

/**
 * Shows `text` on stderr while `work` is under way: a spinner on a terminal, elsewhere one line once it has
 * taken two seconds. The outcome is `work`'s own; `update` changes the text.
 */
export async function withProgress<Result>(
  io: CliProcess,
  text: string,
  work: (update: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  let current = text;
  let spinner: Ora | undefined;
  const show = (): void => {
    spinner = ora({ text: current, stream: io.stderr, discardStdin: false, isEnabled: io.stderr.isTTY === true }).start();
  };
  const timer = setTimeout(show, io.stderr.isTTY ? 0 : quietMs);
  timer.unref();
  try {
    return await work((next) => {
      current = next;
      if (spinner) spinner.text = next;
    });
  } finally {
    clearTimeout(timer);
    if (io.stderr.isTTY) spinner?.stop();
  }
}
