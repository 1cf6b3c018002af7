import { execFile } from 'node:child_process';
import { type Job, type RegisterJobOptions, registerJob } from '@satchel/client';
import { afterAll, beforeAll } from 'vitest';
import { type Cluster, type ClusterOptions, satchelCommand, startCluster } from '../cluster.js';
import { processTree, type RunningProcess } from './processes.js';

/** A cluster that a test file's tests share. */
export interface TestCluster {
  readonly cluster: Cluster;
  register(options?: Partial<RegisterJobOptions>): Promise<Job>;
  /** Its processes whose command line contains `part`. */
  processes(part: string): RunningProcess[];
}

const defaults: ClusterOptions = { nodes: 2, shards: 2, dram: '256MiB', ssd: '1GiB' };

/** Starts a cluster before the tests of a file and stops it, with all its jobs, after them. */
export function useCluster(options: Partial<ClusterOptions> = {}): TestCluster {
  let cluster: Cluster | undefined;
  const jobs: Job[] = [];
  const started = (): Cluster => {
    if (!cluster) throw new Error('the cluster is there once the tests run');
    return cluster;
  };
  beforeAll(async () => {
    cluster = await startCluster({ ...defaults, ...options });
  });
  afterAll(async () => {
    for (const job of jobs) await job.end().catch(() => {});
    await cluster?.stop();
  });
  return {
    get cluster() {
      return started();
    },
    register: async (given = {}) => {
      const job = await registerJob({ name: `test-${jobs.length}`, controller: started().controller, ...given });
      jobs.push(job);
      return job;
    },
    processes: (part) => processTree(started().pid).filter((process) => process.command.includes(part)),
  };
}

/** Runs the satchel command; resolves with what it printed and how it ended, never rejects. */
export function satchel(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [command, commandArguments] = satchelCommand(...args);
  return new Promise((resolve) => {
    execFile(
      command,
      commandArguments,
      { env: { ...process.env, ...environment }, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
