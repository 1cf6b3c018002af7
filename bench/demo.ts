import { formatBytes, formatDuration, SatchelError } from '@satchel/proto/core';
import type { ClusterOptions } from './cluster.js';
import type { Output } from './output.js';
import { withCluster } from './target.js';
import type { SortOptions } from './workloads/sort/options.js';
import { printReport, type SortReport } from './workloads/sort/report.js';
import { runSort } from './workloads/sort/sort.js';

/** What the demo shows: the sort's report, and how long everything took. */
export interface DemoReport extends SortReport {
  readonly milliseconds: number;
}

/**
 * Brings a whole Satchel up, sorts through it, prints what happened and stops it. Rejects unless the output verified and
 * every byte of the job was reclaimed.
 */
export async function runDemo(clusterOptions: ClusterOptions, sortOptions: SortOptions, output: Output): Promise<DemoReport> {
  const started = performance.now();
  output.say(
    `starting a controller, ${clusterOptions.nodes} storage nodes (dram ${clusterOptions.dram}, ssd ${clusterOptions.ssd} each) and functions`,
  );
  const report = await withCluster({}, clusterOptions, async (target, cluster) => {
    output.say(
      `ready after ${formatDuration(performance.now() - started)}: controller ${target.controller}, status page http://${cluster?.http}/`,
    );
    return runSort(target, sortOptions, output);
  });
  printReport(report, output);
  if (report.leftBytes > 0)
    throw new SatchelError('failed', `${formatBytes(report.leftBytes)} were not reclaimed after the job had ended`);
  const milliseconds = performance.now() - started;
  output.say(`verified and reclaimed; everything stopped after ${formatDuration(milliseconds)}`);
  return { ...report, milliseconds };
}
