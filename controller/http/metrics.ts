import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { counts } from '../fleet/node-life.js';
import type { Jobs } from '../jobs.js';
import type { Fleet } from '../nodes.js';

/** What the controller counts, in Prometheus's terms. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #registrations = this.#counter('satchel_job_registrations_total', 'Jobs registered since the controller started');
  readonly #lapses = this.#counter('satchel_lease_lapses_total', 'Leases that lapsed since the controller started');
  readonly #calls = new Histogram({
    name: 'satchel_rpc_seconds',
    help: 'Time a call took, by method and outcome',
    labelNames: ['method', 'code'] as const,
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.#registry],
  });

  /** `leads`: whether this controller leads at the time of a scrape. */
  constructor(leads: () => boolean) {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'satchel_leader',
      help: '1 if this controller leads, 0 if it stands by',
      registers: [this.#registry],
      collect() {
        this.set(leads() ? 1 : 0);
      },
    });
  }

  registered(): void {
    this.#registrations.inc();
  }

  lapsed(): void {
    this.#lapses.inc();
  }

  /** Starts timing a call; the result ends it with `ok` or an error code. */
  call(method: string): (code: string) => void {
    const end = this.#calls.startTimer({ method });
    return (code) => {
      end({ code });
    };
  }

  /** Shows what is there at the time of each scrape. */
  observe(jobs: Jobs, fleet: Fleet): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'satchel_jobs_active',
      help: 'Jobs whose lease runs',
      registers,
      collect() {
        this.set(jobs.table.activeCount);
      },
    });
    new Gauge({
      name: 'satchel_nodes',
      help: 'Storage nodes by state',
      labelNames: ['state'] as const,
      registers,
      collect() {
        const states = [...fleet.nodes()].map(({ connection }) => (counts(connection) ? 'up' : 'down'));
        for (const state of ['up', 'down']) this.set({ state }, states.filter((other) => other === state).length);
      },
    });
    new Gauge({
      name: 'satchel_bytes',
      help: 'Bytes of the fleet by tier: there in all, reserved by jobs, in use',
      labelNames: ['tier', 'kind'] as const,
      registers,
      collect() {
        for (const { tier, kind, bytes } of bytesOf(jobs, fleet)) this.set({ tier, kind }, bytes);
      },
    });
  }

  /** For others to show more. */
  get registry(): Registry {
    return this.#registry;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }
}

/** Bytes by tier and kind; down nodes do not count. */
export function bytesOf(
  jobs: Jobs,
  fleet: Fleet,
): { tier: 'dram' | 'ssd'; kind: 'total' | 'reserved' | 'used'; bytes: number }[] {
  const sums = { dram: { total: 0, reserved: 0, used: 0 }, ssd: { total: 0, reserved: 0, used: 0 } };
  for (const { record, connection, usage } of fleet.nodes()) {
    if (!counts(connection)) continue;
    sums.dram.total += record.dramBytes;
    sums.ssd.total += record.ssdBytes;
    sums.dram.used += usage?.dramUsedBytes ?? 0;
    sums.ssd.used += usage?.ssdUsedBytes ?? 0;
    for (const { shard } of record.shards) {
      sums.dram.reserved += jobs.reserved.of(shard).dramBytes;
      sums.ssd.reserved += jobs.reserved.of(shard).ssdBytes;
    }
  }
  return (['dram', 'ssd'] as const).flatMap((tier) =>
    (['total', 'reserved', 'used'] as const).map((kind) => ({ tier, kind, bytes: sums[tier][kind] })),
  );
}
