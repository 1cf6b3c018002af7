import type { Reason__Output } from '@satchel/proto/gen';
import { expect, it } from 'vitest';
import { describe as jobText } from './cli/commands/job/show.js';
import { jobDocument } from './cli/job-view.js';
import { planText } from './cli/plan-view.js';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const controller = useController();

/** Numbers of the documents, and the reason that says where they come from; those without one name something and are no figure. */
const sources: readonly (readonly [path: RegExp, field: string | undefined])[] = [
  [/^hints\./, undefined],
  [/^slotMap\.(shards|ranges\.\d+\.shard)|\.shard$/, undefined],
  [/^(created|ended)AtMs$/, undefined],
  [/^allocation\.quotaBytes$/, 'quota'],
  [/^allocation(\.shares\.\d+)?\.dramBytes$/, 'dram'],
  [/^allocation\.ssdBytes$/, 'ssd'],
  [/^allocation\.objectBytes$/, 'object'],
  [/^allocation\.throughputBytesPerSecond$/, 'throughput reserved'],
  [/^allocation\.dollarsPerHour$/, 'price'],
  [/^allocation\.shares\.\d+\.slots$|^slotMap\.ranges\.\d+\.start$/, 'slots'],
  [/^dollarsPerJob$/, 'for its lifetime'],
  [/^alternatives\.\d+\.(dram|ssd|object)Bytes$/, 'alternatives'],
  [/^alternatives\.\d+\.dollarsPerHour$/, 'alternatives, per hour'],
  [/^alternatives\.\d+\.requestDollarsPerHour$/, 'alternatives, requests'],
  [/^alternatives\.\d+\.dollarsPerJob$/, 'for its lifetime'],
  [/^alternatives\.\d+\.latencyMs$/, 'alternatives, read'],
  [/^(leaseSeconds|expiresAtMs)$/, 'lease'],
  [/^slotMap\.epoch$/, 'epoch'],
  [/^revision$/, 'revision'],
  [/^deficit\./, 'short of'],
  [/^previous\./, 'previous owners'],
  [/^usage\.dollars$/, 'usage price'],
  [/^usage\./, 'usage'],
  [/^reclaimed\./, 'reclaimed'],
];

/** Columns and lines of the texts whose name is not that of the reason. */
const columns: Readonly<Record<string, string>> = {
  ...{ DRAM: 'alternatives', SSD: 'alternatives', OBJECT: 'alternatives', 'PER HOUR': 'alternatives, per hour' },
  ...{
    REQUESTS: 'alternatives, requests',
    'PER JOB': 'for its lifetime',
    READ: 'alternatives, read',
    MISSES: 'alternatives, misses',
  },
};
const usageLines =
  /^(TIER|dram|ssd|object|objects now|peak|bytes in|bytes out|requests|local reads|read locally|object requests|persisted)$/;
const names = /^(job|name|namespace|state|created|tiers|shards|short of)$/;

type Told = { readonly reasons: readonly Reason__Output[] };

/** Names of the reasons of a document, none of which is empty. */
function fieldsOf({ reasons }: Told): Set<string> {
  for (const reason of reasons) expect(reason, reason.field).toMatchObject({ value: /./, because: /./ });
  return new Set(reasons.map(({ field }) => field));
}

function numbersOf(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return [path];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, path === '' ? key : `${path}.${key}`));
}

/** Each number of the document, as `--json` prints it, has a reason. */
function expectSources(document: object, told: Told): void {
  const fields = fieldsOf(told);
  for (const path of numbersOf(JSON.parse(JSON.stringify(document)))) {
    const source = sources.find(([pattern]) => pattern.test(path));
    expect(source, `${path} is nowhere accounted for`).toBeDefined();
    if (source?.[1] !== undefined) expect(fields, `${path} comes from nowhere`).toContain(source[1]);
  }
}

/** Each line and column of the text that has a number has a reason, in the text itself. */
function expectTextSources(text: string, told: Told): void {
  const fields = fieldsOf(told);
  for (const { because } of told.reasons) expect(text).toContain(because);
  const [about = '', ...tables] = text.split('\n\n');
  for (const line of about.split('\n')) {
    const [name = '', value = ''] = line.split(/ {2,}/);
    if (/\d/.test(value) && !names.test(name)) expect(fields, line).toContain(name);
  }
  for (const table of tables) {
    const [head = '', ...rows] = table.split('\n');
    if (head.includes('ALTERNATIVE')) {
      for (const column of head.trim().split(/ {2,}/).slice(1)) {
        if (column !== 'BOTTLENECK') expect(fields, column).toContain(columns[column]);
      }
    } else if (/^(TIER|objects now)/.test(head)) {
      for (const line of [head, ...rows]) {
        const [name = ''] = line.split(/ {2,}/);
        expect(fields, line).toContain(usageLines.test(name) ? 'usage' : name);
      }
    } else if (/^SHARD/.test(head)) expect(fields).toContain('slots');
    else if (/^previous owners/.test(head)) expect(fields).toContain('previous owners');
    else expect(head).toMatch(/^DECISION/);
  }
}

async function expectPlanned(hints: object, name = 'other'): Promise<Set<string>> {
  const { channel } = controller.now;
  const planned = await channel.call(channel.jobs, channel.jobs.planJob, { name, hints });
  expectSources(planned, planned);
  expectTextSources(planText(planned), planned);
  return fieldsOf(planned);
}

async function expectShown(id: string): Promise<Set<string>> {
  const job = await controller.getJob(id);
  expectSources(jobDocument(job), job);
  expectTextSources(jobText(job), job);
  return fieldsOf(job);
}

const hintsOfAllKinds: readonly (readonly [string, object])[] = [
  ['nothing', {}],
  ['a capacity', { capacityBytes: 100 * MiB }],
  ['more than there is', { capacityBytes: 40 * GiB }],
  ['more than there is of a cache', { capacityBytes: 40 * GiB, evict: 'lru' }],
  ['a throughput', { throughputBytesPerSecond: 700 * MiB }],
  ['more throughput than there is', { capacityBytes: GiB, throughputBytesPerSecond: 70 * GiB }],
  ['latency that matters', { latencySensitive: true }],
  ['latency that does not matter', { capacityBytes: GiB, latencySensitive: false }],
  ['the same without a size', { latencySensitive: false }],
  ['functions', { functions: 30, valueBytes: 65_536 }],
  ['requests', { requestsPerSecond: 5000, valueBytes: 100 }],
  [
    'all of them',
    {
      ...{ capacityBytes: 3 * GiB, throughputBytesPerSecond: MiB, functions: 3, latencySensitive: false },
      ...{ requestsPerSecond: 100, valueBytes: 1000, lifetimeSeconds: 60 },
    },
  ],
];

it.each(hintsOfAllKinds)('every number of a plan says where it comes from, for a job that says %s', async (_kind, hints) => {
  await controller.joinNode('n1');
  await controller.joinNode('n2');
  await expectPlanned(hints);
});

it.each(hintsOfAllKinds)('every number of a job says where it comes from, of one that said %s', async (_kind, hints) => {
  await controller.joinNode('n1');
  await controller.joinNode('n2');
  const { job } = await controller.register({ hints, leaseSeconds: 120 });
  await expectShown(job);
  await controller.endJob(job);
  expect(await expectShown(job)).toContain('reclaimed');
});

it('so do numbers that come from earlier runs', async () => {
  const node = await controller.joinNode('n1');
  node.finalUsage = { peakBytes: 80 * MiB, bytesIn: 50 * MiB, bytesOut: 50 * MiB, requests: 1000 };
  const { job } = await controller.register();
  await controller.passTime(2000);
  await controller.endJob(job);
  expect(await expectPlanned({}, 'sort')).toContain('lifetime');
  await expectShown((await controller.register()).job);
});

it('so do numbers of a job that was scaled, used, and spread over nodes that joined later', async () => {
  const node = await controller.joinNode('n1');
  const { job } = await controller.register({ hints: { capacityBytes: 2 * GiB } });
  expect(await expectShown(job)).toContain('short of');
  const usage = { dram: { bytes: MiB, byteSeconds: 1e9 }, bytesIn: MiB, requests: 7, objects: 3, peakBytes: MiB };
  node.send({ heartbeat: { atMs: controller.now.clock.now(), node: {}, jobs: [{ job, shard: 1, incarnation: 1, usage }] } });
  await controller.joinNode('n2');
  while ((await controller.getJob(job)).previous.length === 0) await controller.passTime(250);
  expect(await expectShown(job)).toContain('previous owners');
  const { channel } = controller.now;
  await channel.call(channel.jobs, channel.jobs.scaleJob, {
    job,
    hints: { capacityBytes: 3 * GiB, throughputBytesPerSecond: MiB },
  });
  await expectShown(job);
});

it('so do numbers of a job whose hints were wrong', async () => {
  const node = await controller.joinNode('n1', 1);
  const { job } = await controller.register({ leaseSeconds: 3600, hints: { capacityBytes: 400 * MiB } });
  const usage = { dram: { bytes: 40 * MiB, byteSeconds: 0 }, requests: 1, peakBytes: 40 * MiB };
  for (let second = 0; (await controller.getJob(job)).allocation?.dramBytes === 400 * MiB; second++) {
    expect(second).toBeLessThan(400);
    node.send({ heartbeat: { atMs: controller.now.clock.now(), node: {}, jobs: [{ job, shard: 1, incarnation: 1, usage }] } });
    await controller.passTime(1000);
  }
  await expectShown(job);
});
