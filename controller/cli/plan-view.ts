import { formatBytes, formatDollars } from '@satchel/proto/core';
import type { Alternative__Output, Plan__Output } from '@satchel/proto/gen';
import { allocationFields, reasonsTable } from './job-view.js';
import { fields, table } from './output.js';

/** A plan, for people: what the job would be given, what else was considered, and where each number came from. */
export function planText(plan: Plan__Output): string {
  const about = fields([
    ...allocationFields(plan.allocation),
    ...(plan.dollarsPerJob > 0 ? [['for its lifetime', formatDollars(plan.dollarsPerJob)] as const] : []),
  ]);
  return [about, alternativesText(plan.alternatives), reasonsTable(plan.reasons)].filter((part) => part !== '').join('\n\n');
}

function alternativesText(alternatives: readonly Alternative__Output[]): string {
  const withJob = alternatives.some(({ dollarsPerJob }) => dollarsPerJob > 0);
  const heads = [
    '',
    'ALTERNATIVE',
    'DRAM',
    'SSD',
    'OBJECT',
    'PER HOUR',
    'REQUESTS',
    ...(withJob ? ['PER JOB'] : []),
    'READ',
    'BOTTLENECK',
    'MISSES',
  ];
  const rows = alternatives.map((one) => [
    one.chosen ? '→' : ' ',
    one.name,
    ...[one.dramBytes, one.ssdBytes, one.objectBytes].map(bytesText),
    formatDollars(one.dollarsPerHour),
    one.requestDollarsPerHour > 0 ? formatDollars(one.requestDollarsPerHour) : '-',
    ...(withJob ? [formatDollars(one.dollarsPerJob)] : []),
    `${Number(one.latencyMs.toPrecision(2))} ms`,
    one.bottleneck,
    [...one.misses, ...one.short.map((text) => `now ${text}`)].join('; ') || '-',
  ]);
  return table(heads, rows, '');
}

function bytesText(bytes: number): string {
  return bytes === 0 ? '-' : formatBytes(bytes);
}
