import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { SatchelError } from '@satchel/proto/core';
import type { Figures } from '../figures.js';

/** A server that redis-benchmark can drive. */
export interface BenchmarkTarget {
  readonly host: string;
  readonly port: number;
  /** Password, as `AUTH TOKEN`. */
  readonly token?: string;
  /** Whether it is one of several nodes, each asked for its own keys. */
  readonly cluster?: boolean;
}

/** What redis-benchmark is told. */
export interface BenchmarkOptions {
  readonly test: 'set' | 'get';
  readonly requests: number;
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly pipeline: number;
}

/** Throws `unavailable` naming the package if there is no redis-benchmark. */
export function requireRedisBenchmark(): void {
  if (spawnSync('redis-benchmark', ['--version']).status === 0) return;
  throw new SatchelError('unavailable', 'there is no redis-benchmark; install it (Debian: apt-get install redis-tools)');
}

/** The key that redis-benchmark uses with `-r` for a number. */
export function benchmarkKey(number: number): string {
  return `key:${String(number).padStart(12, '0')}`;
}

/** Runs redis-benchmark once; killed when `signal` aborts. Rejects with what it says if a command is answered with an error. */
export async function runRedisBenchmark(
  target: BenchmarkTarget,
  options: BenchmarkOptions,
  signal: AbortSignal,
): Promise<Figures> {
  const { stdout, stderr } = await promisify(execFile)('redis-benchmark', benchmarkArguments(target, options), { signal });
  return figuresOf(stdout, options.test, stderr);
}

/** The command line of a run. */
export function benchmarkArguments(target: BenchmarkTarget, options: BenchmarkOptions): string[] {
  const given: [string, string | number][] = [
    ['-h', target.host],
    ['-p', target.port],
    ['-t', options.test],
    ['-n', options.requests],
    ['-c', options.clients],
    ['-r', options.keys],
    ['-d', options.valueBytes],
    ['-P', options.pipeline],
  ];
  const token = target.token === undefined ? [] : ['-a', target.token];
  return [
    ...given.flatMap(([name, value]) => [name, String(value)]),
    ...token,
    ...(target.cluster ? ['--cluster'] : []),
    '--csv',
  ];
}

/** Reads what `redis-benchmark --csv` prints. */
export function figuresOf(csv: string, test: 'set' | 'get', complaint = ''): Figures {
  const lines = csv.split('\n').map((line) => line.split(',').map((field) => field.trim().replace(/^"|"$/g, '')));
  const head = lines.find(([first]) => first === 'test');
  const values = lines.find(([first]) => first === test.toUpperCase());
  const value = (name: string) => Number(values?.[head?.indexOf(name) ?? -1]);
  const figures = {
    operationsPerSecond: value('rps'),
    p50Ms: value('p50_latency_ms'),
    p99Ms: value('p99_latency_ms'),
    maxMs: value('max_latency_ms'),
  };
  if (Object.values(figures).every((figure) => Number.isFinite(figure))) return figures;
  throw new SatchelError('failed', `redis-benchmark printed no result: ${(complaint || csv).trim().slice(-300)}`);
}
