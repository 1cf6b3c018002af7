import { type Command, InvalidArgumentError } from 'commander';
import {
  bytes,
  clusterOf,
  type LocalOptions,
  listOf,
  oneOf,
  type PlaceOptions,
  positive,
  type RoundsOptions,
  whole,
  withController,
  withLocal,
  withOwnCluster,
  withRounds,
} from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import type { SatchelName } from '../../subjects.js';
import { type HandoffOptions, runHandoff } from './handoff.js';

interface Options extends RoundsOptions, PlaceOptions, LocalOptions, Pick<HandoffOptions, 'handoffs' | 'against'> {
  readonly pause: number;
  readonly size: number;
}

const opponents = ['redis', 'redis-socket'] as const;

/** `bench handoff`. */
export function addHandoff(program: Command): void {
  withLocal(
    withController(withOwnCluster(withRounds(program.command('handoff')), { dram: '1GiB' })),
    'also through shared memory',
  )
    .description('time from a put to its value in another process of the host that waits for it')
    .option('--against <names>', `compare with RPUSH and BLPOP on ${opponents.join(', ')}`, listOf(oneOf(opponents)), [])
    .option('--handoffs <n>', 'values that are handed over in a round', whole, 200)
    .option('--pause <ms>', 'how long the sender is idle before each put', positive, 5)
    .option('--size <size>', 'bytes of a value', sizeWithTime, 1024)
    .action(handoff);
}

/** A value begins with the time of its put. */
function sizeWithTime(text: string): number {
  const value = bytes(text);
  if (value >= 8) return value;
  throw new InvalidArgumentError('It must be at least 8 bytes: a value carries the time of its put.');
}

async function handoff(given: Options): Promise<void> {
  const { rounds, handoffs, pause: pauseMs, size: valueBytes, against, local, controller } = given;
  const ways: SatchelName[] = ['satchel', 'satchel-socket', ...(local ? (['satchel-local'] as const) : [])];
  const options = { rounds, handoffs, pauseMs, valueBytes, ways, against };
  const output = standardOutput(given.json ?? false);
  await report({ benchmark: 'handoff', settings: options, compared: ['p50Ms', 'p99Ms'] }, given, output, () =>
    runHandoff({ controller, cluster: clusterOf(given) }, options, output),
  );
}
