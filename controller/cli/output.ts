import Table from 'cli-table3';

/** Where a command's result goes. */
interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Writes results to stdout: one JSON document with --json, text for people without. Messages go to stderr. */
export class Output {
  readonly json: boolean;
  readonly #streams: Streams;

  constructor(streams: Streams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** Prints the command's result, once per command; `text` is only made when a person reads it. */
  result(document: unknown, text: () => string): void {
    this.#streams.stdout.write(`${this.json ? JSON.stringify(document) : text()}\n`);
  }

  /** Writes bytes to stdout as they are; resolves when they are handed to the system. */
  bytes(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#streams.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** A message beside the result, one line on stderr. */
  note(message: string): void {
    this.#streams.stderr.write(`${oneLine(message)}\n`);
  }
}

const plainCharacters = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows under a head of column names, without lines or colours. Without rows: `empty`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return empty;
  return layOut([head, ...rows]);
}

/** Names and values, one pair per line. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  return layOut(pairs);
}

function layOut(rows: readonly (readonly string[])[]): string {
  const layout = new Table({
    chars: plainCharacters,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) layout.push([...row]);
  return layout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The optional fields of a message that were given, without the marks that its decoder adds for them. */
export function givenFields(message: object | null): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message ?? {}).filter(([name]) => !name.startsWith('_')));
}

/** The text on one line, white space around line breaks collapsed. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
