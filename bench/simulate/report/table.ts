import { formatBytes, formatDollars } from '@satchel/proto/core';
import type { Output } from '../../output.js';
import type { SimulationReport } from './document.js';

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Tells people what a simulated day showed. */
export function printReport(report: SimulationReport, output: Output): void {
  const { options, workload, cost } = report;
  const { demand } = workload;
  output.say(
    `${workload.jobs} jobs in ${options.hours} h, at most ${options.nodes} nodes, seed ${options.seed}; published sizes × ${workload.scale.toPrecision(3)}`,
  );
  output.say(
    `jobs want ${formatBytes(Math.round(demand.peakBytes))} at the peak, ${formatBytes(Math.round(demand.meanBytes))} on average`,
  );
  output.table(['', ''], figures(report));
  output.table(
    ['the same data in', 'dollars', 'Satchel saves', ''],
    cost.baselines.map(({ name, dollars, saved, what }) => [name, formatDollars(dollars), percent(saved), what]),
  );
  const { wall } = report;
  output.say(
    `simulated in ${wall.seconds.toFixed(0)} s, ${wall.cpuSeconds.toFixed(0)} s of a core, in ${formatBytes(wall.peakBytes)}; a registration took the controller ${wall.registrationMs.p50.toFixed(2)} ms (p50), ${wall.registrationMs.p99.toFixed(2)} ms (p99)`,
  );
}

function figures(report: SimulationReport): string[][] {
  const { utilisation, cost, nodes, jobs, tiers, deaths } = report;
  const parts = ({ used, reserved }: { used: number; reserved: number }) =>
    `${percent(used)} used, ${percent(reserved)} reserved`;
  return [
    ['memory of nodes paid for', parts(utilisation.dram)],
    ['their SSD', parts(utilisation.ssd)],
    ['their network', parts(utilisation.network)],
    [
      'bytes lay in',
      `memory ${percent(tiers.dram)}, SSD ${percent(tiers.ssd)}, object store ${percent(tiers.object)}, refused ${percent(tiers.refused)}`,
    ],
    ['nodes', `${nodes.mean.toFixed(0)} on average, ${nodes.most} at most, ${nodes.started} started`],
    [
      'cost',
      `${formatDollars(cost.dollars)}: nodes ${formatDollars(cost.nodes)}, object store ${formatDollars(cost.objectStore)}, controllers ${formatDollars(cost.controllers)}`,
    ],
    [
      'jobs',
      `${jobs.registered} registered, ${jobs.ended} ended, ${jobs.lapsed} lapsed, ${jobs.refused.reduce((sum, each) => sum + each.jobs, 0)} refused`,
    ],
    ...jobs.refused.slice(0, 3).map(({ because, jobs: count }) => ['refused', `${count}: ${because}`]),
    [
      'began short',
      `${jobs.short.jobs}, of which ${jobs.short.widened} had all after ${seconds(jobs.short.widenedMs.p50)} (p50), ${seconds(jobs.short.widenedMs.p99)} (p99)`,
    ],
    ['slots moved', String(report.slotsMoved)],
    [
      'nodes died',
      `${deaths.died}, ${deaths.returned} came back; ${deaths.jobsHit} jobs lost ${formatBytes(Math.round(deaths.lostBytes))} in ${deaths.lostObjects} objects`,
    ],
  ];
}
