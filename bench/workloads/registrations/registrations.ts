import { setTimeout as delay } from 'node:timers/promises';
import type { RegisterJobRequest } from '@satchel/proto/gen';
import type { Figures } from '../../figures.js';
import type { Output } from '../../output.js';
import { cpuSecondsOf } from '../../process-usage.js';
import type { Findings } from '../../report.js';
import { runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { Worker } from '../../worker.js';
import { diskSync } from './disk-sync.js';
import type { RegistrationFunctions } from './load.js';
import { MeasuredController } from './measured-controller.js';

export interface RegistrationsOptions {
  readonly rounds: number;
  readonly nodes: number;
  /** Of each node. */
  readonly shards: number;
  readonly dramBytes: number;
  /** Jobs that are there while others are registered. */
  readonly jobs: number;
  readonly inFlight: number;
  readonly ms: number;
  readonly busyJobs: number;
  /** For Node.js, to profile the controller. */
  readonly nodeArguments: readonly string[];
  /** A command that runs the controller, for example one that binds it to a core. */
  readonly prefix: readonly string[];
}

type LoadProcess = Worker<RegistrationFunctions>;

/** A controller under measurement, its fleet and its clients. */
interface Stage {
  readonly controller: MeasuredController;
  readonly fleet: LoadProcess;
  readonly clients: LoadProcess;
}

const MiB = 2 ** 20;
/** After so long what a fleet has to be told is told, and for so long it is watched at rest; a small fleet is done sooner. */
const settleMs = (nodes: number) => Math.min(6000, 500 + 10 * nodes);

/** What is registered: small jobs and wide ones, with hints and without. */
const kinds: Readonly<Record<string, RegisterJobRequest>> = {
  'capacity 64 MiB': { name: 'small', hints: { capacityBytes: 64 * MiB }, leaseSeconds: 3600 },
  'capacity 2 GiB': { name: 'wide', hints: { capacityBytes: 2048 * MiB }, leaseSeconds: 3600 },
  'no hints': { name: 'plain', leaseSeconds: 3600 },
};

/** What registrations, heartbeats and live jobs cost a controller. */
export function runRegistrations(options: RegistrationsOptions, output: Output): Promise<Findings> {
  return inScope(async (scope) => {
    const stage = await openStage(scope, options);
    const idle = await coresBusy(stage, settleMs(options.nodes));
    output.say(`  ${options.nodes} nodes joined; their heartbeats take ${(100 * idle).toFixed(1)} % of a core`);
    const memory = await holdJobs(stage, options);
    output.say(`  ${options.jobs} jobs live; ${Math.round(memory)} bytes of heap each`);
    const withJobs = await coresBusy(stage, settleMs(options.nodes));
    const rows = await runRounds(works(stage, options), options.rounds, (round) =>
      output.say(`  round ${round}/${options.rounds}`),
    );
    const residentBytes = (await stage.controller.held()).rss;
    const sync = diskSync();
    return {
      rows,
      facts: {
        heartbeatCores: idle,
        heartbeatCoresWithJobs: withJobs,
        heapBytesPerJob: memory,
        residentBytes,
        diskSyncP50Ms: sync.p50Ms,
        diskSyncP99Ms: sync.p99Ms,
      },
    };
  });
}

async function openStage(scope: Scope, options: RegistrationsOptions): Promise<Stage> {
  const open = () => scope.open(new Worker<RegistrationFunctions>(new URL('./load.js', import.meta.url)), (one) => one.close());
  const starting = MeasuredController.start(options.nodeArguments, options.prefix);
  const controller = await scope.open(starting, (one) => one.stop());
  const [fleet, clients] = [await open(), await open()];
  const { nodes, shards, dramBytes, busyJobs } = options;
  await fleet.call('join', { controller: controller.address, nodes, shards, dramBytes, ssdBytes: 8 * dramBytes, busyJobs });
  await clients.call('open', controller.address);
  // The last change of the fleet is told to all nodes.
  await delay(settleMs(nodes), undefined, { signal: scope.signal });
  return { controller, fleet, clients };
}

/** Processor time of the controller in a quiet while, in cores. */
async function coresBusy({ controller }: Stage, ms: number): Promise<number> {
  const [before, startedMs] = [cpuSecondsOf([controller.pid]), performance.now()];
  await delay(ms);
  return (cpuSecondsOf([controller.pid]) - before) / ((performance.now() - startedMs) / 1000);
}

/** Registers the jobs that stay, each kind in turn; resolves to the bytes of heap that each of the second half takes. */
async function holdJobs({ controller, clients }: Stage, { nodes, jobs, inFlight }: RegistrationsOptions): Promise<number> {
  const each = Object.values(kinds);
  const requests = Array.from({ length: jobs }, (_, index) => each[index % each.length] ?? {});
  const half = Math.ceil(jobs / 2);
  await clients.call('hold', { requests: requests.slice(0, half), inFlight });
  await delay(settleMs(nodes));
  // What is outside of the heap, buffers of the nodes' streams, comes and goes by more than the jobs take.
  const { heapUsed: before } = await controller.held();
  await clients.call('hold', { requests: requests.slice(half), inFlight });
  await delay(settleMs(nodes));
  return ((await controller.held()).heapUsed - before) / Math.max(1, jobs - half);
}

function works({ controller, clients }: Stage, { inFlight, ms }: RegistrationsOptions): Work[] {
  const measured = (request: RegisterJobRequest, load: { inFlight: number; end: boolean }) => async (): Promise<Figures> => {
    const before = cpuSecondsOf([controller.pid]);
    const { operations, ...figures } = await clients.call('run', { request, ms, ...load });
    const serverCpuUs = ((cpuSecondsOf([controller.pid]) - before) * 1e6) / operations;
    await clients.call('endAll', inFlight);
    return { ...figures, serverCpuUs };
  };
  return Object.entries(kinds).flatMap(([kind, request]) => [
    work('register, one in flight', kind, measured(request, { inFlight: 1, end: false })),
    work(`register, ${inFlight} in flight`, kind, measured(request, { inFlight, end: false })),
    work(`register and end, ${inFlight} in flight`, kind, measured(request, { inFlight, end: true })),
  ]);
}

const work = (name: string, subject: string, run: () => Promise<Figures>): Work => ({
  name,
  contestants: [{ name: subject, against: [], run }],
});
