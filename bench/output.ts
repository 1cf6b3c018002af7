import Table from 'cli-table3';

/** Where a workload tells what it does: lines for people while it runs, one JSON document for programs at the end. */
export interface Output {
  /** A line about progress; nothing with --json. */
  say(line: string): void;
  /** A table for people, without header if `head` is empty; nothing with --json. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** The result; printed only with --json. */
  result(document: unknown): void;
}

/** Writes to standard output. */
export function standardOutput(json: boolean): Output {
  const write = (text: string) => void process.stdout.write(`${text}\n`);
  if (json) return { say: () => {}, table: () => {}, result: (document) => write(JSON.stringify(document)) };
  return {
    say: write,
    table: (head, rows) => {
      const table = new Table({
        ...(head.length > 0 ? { head: [...head] } : {}),
        style: { head: [], border: [], compact: true },
      });
      table.push(...rows.map((row) => [...row]));
      write(table.toString());
    },
    result: () => {},
  };
}
