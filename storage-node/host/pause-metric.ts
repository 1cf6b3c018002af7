import { Histogram, type MetricObjectWithValues, type MetricType, type MetricValueWithName, type Registry } from 'prom-client';
import { type PauseCounts, pauseBoundsMs } from '../shard/pauses.js';

/** The package declares an enumeration that it does not have; what it prints is this word. */
const histogramType = 'histogram' as unknown as MetricType;

/** A Prometheus histogram of pauses that the shards counted themselves. */
export class PauseMetric extends Histogram<'shard'> {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => Iterable<[shard: number, pauses: PauseCounts]>;

  constructor(name: string, help: string, registry: Registry, read: () => Iterable<[number, PauseCounts]>) {
    super({ name, help, registers: [registry], labelNames: ['shard'], buckets: pauseBoundsMs.map((bound) => bound / 1000) });
    this.#name = name;
    this.#help = help;
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<'shard'>>> {
    const values = [...this.#read()].flatMap(([shard, pauses]) => this.#values(shard, pauses));
    return { name: this.#name, help: this.#help, type: histogramType, aggregator: 'sum', collect: () => {}, values };
  }

  /** What the registry prints; the base class knows it under this name, too. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<'shard'>>> {
    return this.get();
  }

  #values(shard: number, { counts, sumMs }: PauseCounts): MetricValueWithName<'shard'>[] {
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      const bound = pauseBoundsMs[index];
      const labels = { shard, le: bound === undefined ? '+Inf' : bound / 1000 };
      return { metricName: `${this.#name}_bucket`, labels, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: { shard }, value: sumMs / 1000 },
      { metricName: `${this.#name}_count`, labels: { shard }, value: total },
    ];
  }
}
