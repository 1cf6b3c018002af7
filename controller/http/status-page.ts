import { formatBytes, formatDollars, formatDuration } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import { stateOf } from '../fleet/node-life.js';
import type { Jobs } from '../jobs.js';
import type { DecisionRecord, JobRecord } from '../model.js';
import type { Fleet, NodeView } from '../nodes.js';
import { receiptDollars } from '../prices.js';

/** Jobs shown at most, newest first. */
const jobsShown = 200;
/** Decisions shown at most, newest first. */
const decisionsShown = 20;

/** Text safe in HTML content and attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** What a controller shows of itself. */
export interface StatusParts {
  readonly jobs: Jobs;
  readonly fleet: Fleet;
  readonly decisions: DecisionLog;
}

/** A plain page of nodes, jobs and decisions that loads itself again every two seconds. */
export function statusPage({ jobs, fleet, decisions }: StatusParts, nowMs: number, objectUri: string | undefined): string {
  const nodes = [...fleet.nodes()].map((view) => nodeRow(view, jobs));
  const newest = [...jobs.table.all()].sort((a, b) => b.createdMs - a.createdMs).slice(0, jobsShown);
  const summary = `${nodes.length} nodes, ${jobs.table.activeCount} active jobs${objectUri ? `, objects in ${objectUri}` : ''}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Satchel</title>
<style>body{font:14px system-ui,sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:0 0 2em}
td,th{padding:.3em .9em;text-align:left;border-bottom:1px solid #ddd}td.n{text-align:right}.down{color:#b00}</style></head>
<body><h1>Satchel</h1><p>${escapeHtml(summary)}</p>
${table('Nodes', ['Node', 'State', 'Address', 'Shards', 'DRAM used', 'of', 'SSD used', 'of', 'CPU', 'Jobs'], nodes)}
${table(
  'Jobs',
  ['Job', 'Namespace', 'State', 'Shards', 'Quota', 'DRAM', 'SSD', 'Object', 'Objects', 'Lease left', 'Dollars'],
  newest.map((record) => jobRow(record, jobs, nowMs)),
)}
${table('Decisions', ['Time', 'Decision', 'About', 'Because'], decisions.list(decisionsShown).map(decisionRow))}
</body></html>
`;
}

function decisionRow({ atMs, kind, subject, because }: DecisionRecord): string[] {
  return [new Date(atMs).toISOString(), kind, subject, because];
}

function nodeRow({ record, connection, usage }: NodeView, jobs: Jobs): string[] {
  const state = stateOf(connection, record.draining);
  return [
    record.node,
    state,
    `${record.host}:${record.shards[0]?.endpointPort ?? ''}`,
    String(record.shards.filter(({ endpointPort }) => endpointPort > 0).length),
    formatBytes(usage?.dramUsedBytes ?? 0),
    formatBytes(record.dramBytes),
    formatBytes(usage?.ssdUsedBytes ?? 0),
    formatBytes(record.ssdBytes),
    (usage?.cpu ?? 0).toFixed(2),
    String(jobs.table.countOf(record.node)),
  ];
}

function jobRow(record: JobRecord, jobs: Jobs, nowMs: number): string[] {
  const usage = jobs.usage.total(record.job);
  const expiresMs = jobs.leases.expiresMs(record.job);
  const { state, allocation } = record;
  return [
    record.job,
    record.namespace,
    state.kind === 'active' ? state.kind : `${state.kind} (${state.reason})`,
    String(allocation.shares.length),
    allocation.quotaBytes === 0 ? 'none' : formatBytes(allocation.quotaBytes),
    formatBytes(usage.dramBytes),
    formatBytes(usage.ssdBytes),
    formatBytes(usage.objectBytes),
    String(usage.objects),
    expiresMs === undefined ? '' : formatDuration(Math.max(0, expiresMs - nowMs)),
    formatDollars(receiptDollars(usage, jobs.planner.unitPrices)),
  ];
}

function table(title: string, heads: readonly string[], rows: readonly string[][]): string {
  const cells = (row: readonly string[]) =>
    row.map((cell) => `<td${cell === 'down' ? ' class="down"' : ''}>${escapeHtml(cell)}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return `<h2>${title}</h2><table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>\n${body}</table>`;
}
