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

/** What a benchmark is: its name, what it was told, and which figures are compared. */
export interface About {
  readonly benchmark: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly compared: readonly FigureName[];
}

/** What was measured, before it is reported. */
export interface Findings {
  readonly rows: readonly Row[];
  readonly facts?: Readonly<Record<string, number>>;
}

/**
 * Runs a benchmark and tells what it found: the machine, a table of figures, a table of the ratios of `about.compared`, and the whole
 * as JSON.
 */
export async function report(
  { benchmark, settings, compared }: About,
  { out }: ReportOptions,
  output: Output,
  run: () => Promise<Findings>,
): Promise<BenchDocument> {
  const start = { startedAt: new Date().toISOString(), machine: describeMachine() };
  output.say(machineLine(start.machine));
  const document: BenchDocument = { benchmark, settings, ...start, facts: {}, ...(await run()) };
  for (const { head, rows } of [figureTable(document.rows), ratioTable(document.rows, compared)]) {
    if (rows.length > 0) output.table(head, rows);
  }
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

/** A table as {@link Output} takes it. */
interface Table {
  readonly head: string[];
  readonly rows: string[][];
}

/** The figures of rows; the longest of all is for those who read the document. */
export function figureTable(rows: readonly Row[]): Table {
  const shown = figureNames.filter((name) => name !== 'maxMs' && rows.some(({ figures }) => figures[name] !== undefined));
  return {
    head: ['work', 'subject', ...shown.map((name) => figureKinds[name].title)],
    rows: rows.map(({ work, subject, figures }) => [work, subject, ...shown.map((name) => written(figures, name))]),
  };
}

/** What rows are of their opponents'. */
export function ratioTable(rows: readonly Row[], compared: readonly FigureName[]): Table {
  const has = (name: FigureName) => rows.some(({ ratios }) => Object.values(ratios).some((ratio) => ratio[name] !== undefined));
  const shown = compared.filter(has);
  return {
    head: ['work', 'ratio', ...shown.map((name) => figureKinds[name].title)],
    rows: rows.flatMap(({ work, subject, ratios }) =>
      Object.entries(ratios).map(([opponent, ratio]) => [
        work,
        `${subject} ÷ ${opponent}`,
        ...shown.map((name) => ratio[name]?.toFixed(2) ?? ''),
      ]),
    ),
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
