import { type Job, registerJob } from '@satchel/client';
import { SatchelError, shardOfSlot, slotOf } from '@satchel/proto/core';
import type { SlotMap__Output } from '@satchel/proto/gen';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { startCluster } from '../../cluster.js';
import { type Figures, summarize } from '../../figures.js';
import type { Output } from '../../output.js';
import type { Findings } from '../../report.js';
import { inScope, type Scope } from '../../scope.js';

export interface ScaleOutOptions {
  readonly rounds: number;
  /** DRAM of a node; the job wants one and a half of them. */
  readonly nodeBytes: number;
}

/** What one start of a node took. Milliseconds. */
interface ScaleOut {
  /** From the call that registers the job to its first put's answer, on the node there was. */
  readonly writesMs: number;
  /** From the decision to start a node until it has slots of the job. */
  readonly slotsMs: number;
  /** From that decision to the answer of the first put on the new node. */
  readonly firstPutMs: number;
}

/** Registers a job larger than the one node there is, again and again in clusters of their own, and follows how it gets the second. */
export function runScaleOut({ rounds, nodeBytes }: ScaleOutOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const measured: ScaleOut[] = [];
    for (let round = 1; round <= rounds; round++) {
      measured.push(await inScope((inner) => scaleOut(inner, nodeBytes, scope.signal)));
      output.say(`  round ${round}/${rounds}`);
    }
    const row = (work: string, of: (one: ScaleOut) => number) => {
      const figures = measured.map((one): Figures => ({ p50Ms: of(one), maxMs: of(one) }));
      return summarize(work, 'local provider', figures, {});
    };
    const rows = [
      row('register a job larger than the fleet, first put', ({ writesMs }) => writesMs),
      row('decision → the new node has slots of the job', ({ slotsMs }) => slotsMs),
      row('decision → first put on the new node', ({ firstPutMs }) => firstPutMs),
    ];
    return { rows, facts: { 'longest, decision to first put, ms': Math.max(...measured.map(({ firstPutMs }) => firstPutMs)) } };
  });
}

async function scaleOut(scope: Scope, nodeBytes: number, signal: AbortSignal): Promise<ScaleOut> {
  const options = { nodes: 1, maxNodes: 2, shards: 1, dram: String(nodeBytes), ssd: '1GiB', functions: false };
  const cluster = await scope.open(startCluster(options), (open) => open.stop());
  const channel = await scope.open(dial(cluster.controller), (open) => open.close());
  const registered = performance.now();
  const capacity = Math.floor(nodeBytes * 1.5);
  const job = await scope.open(
    registerJob({ name: 'scale-out', controller: cluster.controller, capacity, latencySensitive: true }),
    end,
  );
  await job.store.put('first', 'value');
  const writesMs = performance.now() - registered;
  const before = cluster.nodes[0]?.id ?? '';
  const moved = await slotsElsewhere(channel, job.id, before, signal);
  const movedAtMs = Date.now();
  await job.store.put(keyOn(moved, before), 'value');
  const servedAtMs = Date.now();
  const decidedAtMs = await decisionAtMs(channel);
  return { writesMs, slotsMs: movedAtMs - decidedAtMs, firstPutMs: servedAtMs - decidedAtMs };
}

const end = async (job: Job): Promise<void> => {
  await job.end();
};

/** The job's first slot map that names a node other than `before`. */
function slotsElsewhere(channel: ControllerChannel, job: string, before: string, signal: AbortSignal): Promise<SlotMap__Output> {
  return new Promise((resolve, reject) => {
    const stream = channel.jobs.watchSlotMap({ job });
    const stop = () => stream.cancel();
    signal.addEventListener('abort', stop, { once: true });
    stream.on('error', reject);
    stream.on('data', (map: SlotMap__Output) => {
      if (!map.shards.some(({ node }) => node !== before)) return;
      resolve(map);
      stream.cancel();
    });
  });
}

/** A key whose slot is on a node other than `before`. */
function keyOn({ epoch, ranges, shards }: SlotMap__Output, before: string): string {
  const there = new Set(shards.filter(({ node }) => node !== before).map(({ shard }) => shard));
  for (let index = 0; index < 100_000; index++) {
    const key = `key/${index}`;
    if (there.has(shardOfSlot({ epoch, ranges }, slotOf(key)))) return key;
  }
  throw new SatchelError('internal', 'the new node has no slots');
}

/** When the controller last decided to start a node. Its clock is this machine's. */
async function decisionAtMs(channel: ControllerChannel): Promise<number> {
  const { decisions } = await channel.call(channel.fleet, channel.fleet.listDecisions, {});
  const start = decisions.find(({ kind }) => kind === 'start');
  if (start === undefined) throw new SatchelError('internal', 'no decision to start a node was recorded');
  return start.atMs;
}
