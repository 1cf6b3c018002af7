import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  /** Undefined where none is installed. */
  readonly redis: string | undefined;
  /** Processes that ran or wanted to, over the minute before. */
  readonly load: number;
}

/** Describes this machine as it is now. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    redis: redisVersionOf(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout ?? ''),
    load: loadavg()[0] ?? 0,
  };
}

/** The version in what `redis-server --version` prints. */
export function redisVersionOf(printed: string): string | undefined {
  return /\bv=(\S+)/.exec(printed)?.[1];
}
