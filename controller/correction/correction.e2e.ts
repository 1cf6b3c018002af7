import { join } from 'node:path';
import { type Job, registerJob, type Store } from '@satchel/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTestFolder, removeTestFolder, runSatchel } from '../cli/testing/up-process.js';
import { type ControllerProcess, startControllerProcess } from '../testing/controller-process.js';

const MiB = 2 ** 20;

let dir = '';
let controller: ControllerProcess;
const jobs: Job[] = [];
beforeEach(async () => {
  dir = makeTestFolder();
  const nodes = ['--provider', 'local', '--max-nodes', '1', '--node-dram', '512MiB', '--node-ssd', '64MiB'];
  const places = [
    '--node-dir',
    join(dir, 'nodes'),
    '--node-base-port',
    '0',
    '--node-http-port',
    '0',
    '--object',
    `file:${dir}/o`,
  ];
  const ports = ['--state', join(dir, 'state'), '--port', '0', '--http-port', '0', '--correct-after', '5s'];
  controller = await startControllerProcess([...ports, ...nodes, ...places]);
});
afterEach(async () => {
  for (const job of jobs) await job.end().catch(() => undefined);
  controller.child.kill('SIGTERM');
  await controller.ended;
  removeTestFolder(dir);
});

async function ask(...command: string[]): Promise<ReturnType<typeof JSON.parse>> {
  const { code, stdout, stderr } = await runSatchel([...command, '--json'], { SATCHEL_CONTROLLER: controller.ready.controller });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout.toString());
}

const eventually = <Result>(check: () => Promise<Result>) => vi.waitFor(check, { timeout: 30_000, interval: 300 });

async function register(hints: Parameters<typeof registerJob>[0]): Promise<Job> {
  const job = await eventually(() => registerJob({ controller: controller.ready.controller, leaseSeconds: 600, ...hints }));
  jobs.push(job);
  return job;
}

const put = (store: Store, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => store.put(`part/${index}`, Buffer.alloc(MiB, index))));

interface Shown {
  readonly allocation: { readonly dramBytes: number; readonly throughputBytesPerSecond: number; readonly quotaBytes: number };
  readonly reasons: readonly { readonly field: string; readonly value: string; readonly because: string }[];
}

const shown = (job: Job): Promise<Shown> => ask('job', 'show', job.id);
const because = ({ reasons }: Shown, field: string) => reasons.find((reason) => reason.field === field)?.because;
const figure = (decision: { figures: { name: string; value: number }[] }, name: string) =>
  decision.figures.find((each) => each.name === name)?.value ?? 0;

test('a job whose hints are far too high or too low is corrected in both directions, within bounds, and says why', async () => {
  const roomy = await register({ name: 'roomy', capacity: 128 * MiB });
  const busy = await register({ name: 'busy', throughput: '2MiB/s' });
  await put(roomy.store, 4);
  let stopped = false;
  const load = (async () => {
    while (!stopped) await put(busy.store, 8);
  })();

  // Far too high: it falls by half at a time, and the quota stays what was said.
  const fallen = await eventually(async () => {
    const job = await shown(roomy);
    expect(job.allocation.dramBytes).toBeLessThan(128 * MiB);
    return job;
  });
  expect(fallen.allocation).toMatchObject({ dramBytes: 64 * MiB, quotaBytes: 128 * MiB });
  expect(because(fallen, 'capacity')).toMatch(
    /^corrected: capacity: at most 4\.0 MiB used of 128 MiB reserved in \d+ s; before, 128 MiB: hint capacity$/,
  );

  // It fills up after all: what is reserved follows, up to the quota.
  await put(roomy.store, 120);
  const risen = await eventually(async () => {
    const job = await shown(roomy);
    expect(job.allocation.dramBytes).toBe(128 * MiB);
    return job;
  });
  expect(because(risen, 'capacity')).toMatch(/^corrected: capacity: .* in use of .* reserved; before, 128 MiB: hint capacity$/);

  // Far too low: it grows at most twofold at a time, and to four times what was said.
  const grown = await eventually(async () => {
    const job = await shown(busy);
    expect(job.allocation.throughputBytesPerSecond).toBe(8 * MiB);
    return job;
  });
  expect(because(grown, 'throughput')).toMatch(
    /^corrected: throughput: .*\/s in use of 4 MiB\/s reserved; before, 2 MiB\/s: hint throughput$/,
  );
  stopped = true;
  await load;

  const { decisions } = await ask('node', 'decisions', busy.id);
  expect(decisions.map((each: Parameters<typeof figure>[0]) => figure(each, 'throughputCorrectedBytesPerSecond'))).toEqual([
    8 * MiB,
    4 * MiB,
  ]);
  for (const { kind, figures, because: why } of (await ask('node', 'decisions', roomy.id)).decisions) {
    expect(kind).toBe('correct');
    expect(why).toMatch(/^capacity: /);
    const [from, to] = ['capacityReservedBytes', 'capacityCorrectedBytes'].map((name) => figure({ figures }, name));
    expect((to ?? 0) / (from ?? 1)).toBeGreaterThanOrEqual(0.5);
    expect((to ?? 0) / (from ?? 1)).toBeLessThanOrEqual(2);
  }
});
