/** Sums of a node's metrics over its shards. */
export interface ShardMetrics {
  readonly dramReservedBytes: number;
  readonly dramUsedBytes: number;
  readonly residentBytes: number;
  readonly gcPausesOver10Ms: number;
  readonly delaysOver10Ms: number;
}

/** Reads the metrics of nodes; their shards report to them once a second. */
export async function readShardMetrics(nodes: readonly string[]): Promise<ShardMetrics> {
  const texts = await Promise.all(nodes.map(async (node) => (await fetch(`http://${node}/metrics`)).text()));
  return shardMetricsOf(texts.join('\n'));
}

/** Finds the sums in the text of Prometheus metrics. */
export function shardMetricsOf(text: string): ShardMetrics {
  const longer = (name: string) => sumOf(text, `${name}_count`) - sumOf(text, `${name}_bucket`, 'le="0.01"');
  return {
    dramReservedBytes: sumOf(text, 'satchel_tier_reserved_bytes', 'tier="dram"'),
    dramUsedBytes: sumOf(text, 'satchel_tier_used_bytes', 'tier="dram"'),
    residentBytes: sumOf(text, 'satchel_resident_bytes'),
    gcPausesOver10Ms: longer('satchel_gc_pause_seconds'),
    delaysOver10Ms: longer('satchel_event_loop_delays_seconds'),
  };
}

/** Sum of the series of a name whose labels contain `label`. */
function sumOf(text: string, name: string, label = ''): number {
  const series = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
