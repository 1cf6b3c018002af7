import { writeFile } from 'node:fs/promises';
import { formatBytes, SatchelError } from '@satchel/proto/core';
import { type FigureName, type Figures, figureKinds, figureNames, type Row } from './figures.js';
import { describeMachine, type Machine } from './machine.js';
import type { Output } from './output.js';

/** What a benchmark found, as it is written to a file or printed with --json. */
export interface BenchDocument {
  readonly benchmark: string;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
  /** Figures that are not measured in rounds. */
  readonly facts: Readonly<Record<string, number>>;
}

/** Where a benchmark's document goes. */
export interface ReportOptions {
  /** File that gets the document as JSON. */
  readonly out?: string | undefined;
}

/** What was measured, before it is reported. */
export interface Findings {
  readonly rows: readonly Row[];
  readonly facts?: Readonly<Record<string, number>>;
}

/**
 * Runs a benchmark and tells what it found: a table with a column of ratios for each of `ratioFigures` and each opponent, the
 * machine, and the whole as JSON.
 */
export async function report(
  about: { readonly benchmark: string; readonly settings: Readonly<Record<string, unknown>> },
  ratioFigures: readonly FigureName[],
  { out }: ReportOptions,
  output: Output,
  run: () => Promise<Findings>,
): Promise<BenchDocument> {
  const start = { startedAt: new Date().toISOString(), machine: describeMachine() };
  output.say(machineLine(start.machine));
  const document: BenchDocument = { ...about, ...start, facts: {}, ...(await run()) };
  const { head, rows } = tableOf(document.rows, ratioFigures);
  output.table(head, rows);
  for (const [name, value] of Object.entries(document.facts)) output.say(`${name}: ${Number(value.toPrecision(4))}`);
  output.result(document);
  if (out !== undefined) await write(out, document);
  return document;
}

/** The machine in a line. */
export function machineLine({ cpu, cores, memoryBytes, kernel, node, redis, load }: Machine): string {
  const software = `Linux ${kernel}, Node ${node}, ${redis === undefined ? 'no Redis' : `Redis ${redis}`}`;
  return `${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}; ${software}; load ${load.toFixed(2)}`;
}

/** A table of rows: their figures, then what they are of each opponent's. */
export function tableOf(
  rows: readonly Row[],
  ratioFigures: readonly FigureName[],
): { readonly head: string[]; readonly rows: string[][] } {
  const shown = figureNames.filter((name) => rows.some(({ figures }) => figures[name] !== undefined));
  const opponents = [...new Set(rows.flatMap(({ ratios }) => Object.keys(ratios)))];
  const compared = opponents.flatMap((opponent) =>
    ratioFigures
      .filter((name) => rows.some(({ ratios }) => ratios[opponent]?.[name] !== undefined))
      .map((name) => ({ opponent, name })),
  );
  return {
    head: [
      'work',
      'subject',
      ...shown.map((name) => figureKinds[name].title),
      ...compared.map(({ opponent, name }) => `${figureKinds[name].title} ÷ ${opponent}`),
    ],
    rows: rows.map(({ work, subject, figures, ratios }) => [
      work,
      subject,
      ...shown.map((name) => written(figures, name)),
      ...compared.map(({ opponent, name }) => ratios[opponent]?.[name]?.toFixed(2) ?? ''),
    ]),
  };
}

function written(figures: Figures, name: FigureName): string {
  const value = figures[name];
  return value === undefined ? '' : figureKinds[name].format(value);
}

async function write(file: string, document: BenchDocument): Promise<void> {
  await writeFile(file, `${JSON.stringify(document, undefined, 2)}\n`).catch((error: Error) => {
    throw new SatchelError('failed', `--out ${file}: ${error.message}; name a file in a folder that can be written to`, {
      cause: error,
    });
  });
}
