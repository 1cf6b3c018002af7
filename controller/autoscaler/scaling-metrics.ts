import { Counter, Gauge, type Registry } from 'prom-client';
import type { DecisionLog } from '../decisions/decision-log.js';
import { dimensions } from './amounts.js';
import type { Autoscaler } from './autoscaler.js';

/** Shows what the autoscaler sees and what was decided, at the time of each scrape. */
export function observeScaling(registry: Registry, autoscaler: Autoscaler, decisions: DecisionLog): void {
  const registers = [registry];
  new Gauge({
    name: 'satchel_autoscaler_utilisation',
    help: 'Part of the serving and starting nodes that is reserved, used or missing to jobs, by dimension',
    labelNames: ['dimension'] as const,
    registers,
    collect() {
      const parts = autoscaler.load?.parts;
      for (const dimension of dimensions) this.set({ dimension }, parts?.[dimension] ?? 0);
    },
  });
  new Gauge({
    name: 'satchel_autoscaler_capacity',
    help: 'What serving and starting nodes have: cores, bytes per second, bytes of dram and ssd',
    labelNames: ['dimension'] as const,
    registers,
    collect() {
      const capacity = autoscaler.load?.capacity;
      for (const dimension of dimensions) this.set({ dimension }, capacity?.[dimension] ?? 0);
    },
  });
  new Gauge({
    name: 'satchel_autoscaler_waiting',
    help: 'Jobs that have less than they were to get, and nodes that were started and have not joined',
    labelNames: ['what'] as const,
    registers,
    collect() {
      const { jobs, nodes } = autoscaler.waiting;
      this.set({ what: 'jobs' }, jobs);
      this.set({ what: 'nodes' }, nodes);
    },
  });
  new Counter({
    name: 'satchel_autoscaler_decisions_total',
    help: 'Decisions since the controller started, by kind; satchel node decisions lists them',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of decisions.counts) this.inc({ kind }, count);
    },
  });
}
