import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { SimulationReport } from './document.js';

const width = 760;
const gigabyte = 1e9;

/** The day as an SVG: what jobs wanted beside what nodes held, how full these were, and what it cost per hour beside fixed fleets. */
export async function plotOf(report: SimulationReport): Promise<string> {
  const view = new View(parse(compile(specOf(report)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

function specOf(report: SimulationReport): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: { font: 'sans-serif', axis: { grid: true, gridColor: '#eee' }, legend: { orient: 'right', title: null } },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      panel('Memory, GB', memoryOf(report), 200),
      panel('Part of what is held', partsOf(report), 130),
      panel('Nodes', nodesOf(report), 130),
      panel('Dollars per hour', dollarsOf(report), 150),
    ],
  };
}

interface Point {
  readonly hour: number;
  readonly value: number;
  readonly line: string;
}

function panel(title: string, values: readonly Point[], height: number) {
  const lines = [...new Set(values.map(({ line }) => line))];
  return {
    width,
    height,
    data: { values: [...values] },
    mark: { type: 'line', strokeWidth: 1.3, interpolate: 'step-after' },
    encoding: {
      x: { field: 'hour', type: 'quantitative', title: 'hour of the day', scale: { nice: false } },
      y: { field: 'value', type: 'quantitative', title, scale: { zero: true } },
      color: { field: 'line', type: 'nominal', sort: lines, scale: { domain: lines } },
    },
  } as const;
}

function linesOf(
  report: SimulationReport,
  lines: Readonly<Record<string, (sample: SimulationReport['series'][number]) => number>>,
): Point[] {
  const entries = Object.entries(lines);
  return report.series.flatMap((sample) =>
    entries.map(([line, of]) => ({ hour: sample.minute / 60, value: Math.round(of(sample) * 1000) / 1000, line })),
  );
}

function memoryOf(report: SimulationReport): Point[] {
  return linesOf(report, {
    'held by nodes': ({ dramHeldBytes }) => dramHeldBytes / gigabyte,
    'wanted by jobs': ({ wantedBytes }) => wantedBytes / gigabyte,
    'used on nodes': ({ dramUsedBytes }) => dramUsedBytes / gigabyte,
    reserved: ({ dramReservedBytes }) => dramReservedBytes / gigabyte,
  });
}

function partsOf(report: SimulationReport): Point[] {
  const part = (a: number, b: number) => (b > 0 ? a / b : 0);
  return linesOf(report, {
    'memory used': ({ dramUsedBytes, dramHeldBytes }) => part(dramUsedBytes, dramHeldBytes),
    'network reserved': (sample) => part(sample.networkReservedBytesPerSecond, sample.networkHeldBytesPerSecond),
    'network used': (sample) => part(sample.networkUsedBytesPerSecond, sample.networkHeldBytesPerSecond),
  });
}

function nodesOf(report: SimulationReport): Point[] {
  return linesOf(report, {
    up: ({ nodesUp }) => nodesUp,
    draining: ({ nodesDraining }) => nodesDraining,
    starting: ({ nodesStarting }) => nodesStarting,
    down: ({ nodesDown }) => nodesDown,
  });
}

function dollarsOf(report: SimulationReport): Point[] {
  const fixed = report.cost.baselines.filter(({ name }) => name.startsWith('fixed'));
  const { hours } = report.options;
  return [
    ...linesOf(report, { "Satchel's nodes": ({ dollarsPerHour }) => dollarsPerHour }),
    ...fixed.flatMap(({ name, dollars }) => [0, hours].map((hour) => ({ hour, value: dollars / hours, line: name }))),
  ];
}
