import type { Hints } from '@satchel/proto/gen';
import { type Command, Option } from 'commander';
import { durationMsArgument, positiveBytesArgument, rateArgument, requestRateArgument, wholeNumber } from './arguments.js';
import { UsageError } from './exit-code.js';

/** Hints as commander parsed them; one that is absent was not given. */
export interface HintOptions {
  readonly capacity?: number;
  readonly throughput?: number;
  readonly functions?: number;
  readonly latencySensitive?: boolean;
  readonly evict?: string;
  readonly replicas?: number;
  readonly requests?: number;
  readonly valueSize?: number;
  /** Milliseconds. */
  readonly lifetime?: number;
}

/** Adds the hints a job can be registered, planned or scaled with; returns the command. */
export function addHintOptions(command: Command): Command {
  return command
    .option('--capacity <size>', 'bytes the job holds at most, e.g. 10GiB', positiveBytesArgument)
    .option('--throughput <rate>', 'peak bytes per second of the whole job, e.g. 1GiB/s', rateArgument)
    .option('--functions <count>', 'functions that run at the same time', wholeNumber(1, 1_000_000))
    .option('--latency-sensitive', 'accesses must stay well under a millisecond')
    .option('--no-latency-sensitive', 'they need not: the cheapest tiers that do the work')
    .option('--requests <rate>', 'peak requests per second of the whole job, e.g. 5000/s', requestRateArgument)
    .option('--value-size <size>', 'bytes of a typical value, e.g. 64KiB', positiveBytesArgument)
    .option('--lifetime <duration>', 'how long the job is expected to run, e.g. 10m', durationMsArgument)
    .addOption(new Option('--evict <policy>', 'make the job a cache').choices(['lru']))
    .option('--replicas <count>', 'copies of each object; 1 until replication exists', wholeNumber(1, 16));
}

/** The hints given, as the control API takes them; throws a usage error for more than one replica. */
export function hintsOf(options: HintOptions): Hints {
  if ((options.replicas ?? 1) > 1) {
    throw new UsageError(`--replicas ${options.replicas}: Satchel does not replicate yet; leave it at 1`);
  }
  return {
    ...(options.capacity !== undefined && { capacityBytes: options.capacity }),
    ...(options.throughput !== undefined && { throughputBytesPerSecond: options.throughput }),
    ...(options.functions !== undefined && { functions: options.functions }),
    ...(options.latencySensitive !== undefined && { latencySensitive: options.latencySensitive }),
    ...(options.evict !== undefined && { evict: options.evict }),
    ...(options.replicas !== undefined && { replicas: options.replicas }),
    ...(options.requests !== undefined && { requestsPerSecond: options.requests }),
    ...(options.valueSize !== undefined && { valueBytes: options.valueSize }),
    ...(options.lifetime !== undefined && { lifetimeSeconds: options.lifetime / 1000 }),
  };
}
