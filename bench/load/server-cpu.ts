import type { Figures } from '../figures.js';
import { cpuSecondsOf } from '../process-usage.js';

/** Figures of a load and the number of its operations. */
export interface LoadFigures extends Figures {
  readonly operations: number;
}

/** Adds the servers' processor time per operation to the figures of a load; nothing if `pids` is empty: the servers are elsewhere. */
export async function withServerCpu(pids: readonly number[], load: () => Promise<LoadFigures>): Promise<Figures> {
  const before = cpuSecondsOf(pids);
  const { operations, ...figures } = await load();
  if (pids.length === 0) return figures;
  return { ...figures, serverCpuUs: ((cpuSecondsOf(pids) - before) * 1e6) / operations };
}
