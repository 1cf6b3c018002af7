import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeParts } from '../../cli/testing/fake-part.js';
import { LocalProvider, localShape } from './local-provider.js';

let fake: FakeParts;
let providers: LocalProvider[] = [];

beforeEach(() => {
  fake = new FakeParts();
  vi.stubEnv('FAKE_JOURNAL', fake.journal);
});
afterEach(async () => {
  for (const provider of providers) await provider.close();
  providers = [];
  fake.remove();
  vi.unstubAllEnvs();
});

const dir = () => join(fake.dir, 'nodes');
const journal = (): string[] => readFileSync(fake.journal, 'utf8').trim().split('\n');

function open(): LocalProvider {
  const capacity = { shards: 2, dramBytes: 2 ** 26, ssdBytes: 2 ** 27, throughputBytesPerSecond: 1e9 };
  const provider = new LocalProvider({
    ...{ main: fake.main, dir: dir(), controller: '127.0.0.1:7400', object: 'file:/objects', socketDir: '/sockets' },
    ...{ basePort: 0, httpPort: 0, spin: undefined, log: pino({ level: 'silent' }) },
    shape: { ...capacity, dollarsPerHour: 0.1, most: 4 },
  });
  providers.push(provider);
  return provider;
}

const phases = async (provider: LocalProvider) =>
  Object.fromEntries((await provider.nodes()).map(({ node, phase }) => [node, phase]));

test('starts nodes of its shape, each with a folder of its own, and says when they run', async () => {
  const provider = open();
  expect(await provider.start(localShape, 2)).toEqual(['node-1', 'node-2']);
  expect(await phases(provider)).toEqual({ 'node-1': 'starting', 'node-2': 'starting' });
  await vi.waitFor(async () => expect(await phases(provider)).toEqual({ 'node-1': 'running', 'node-2': 'running' }));
  const started = journal().find((line) => line.startsWith('node-2 start'));
  expect(started).toContain(`--id node-2 --dir ${join(dir(), 'node-2')} --object file:/objects --shards 2 --dram 67108864`);
  expect(started).toContain('--with-parent');
});

test('a node that is taken away leaves nothing, and its name is not given out again', async () => {
  const provider = open();
  await provider.start(localShape, 1);
  await vi.waitFor(async () => expect(await phases(provider)).toEqual({ 'node-1': 'running' }));
  mkdirSync(join(dir(), 'node-1'), { recursive: true });
  writeFileSync(join(dir(), 'node-1', 'data'), 'x');
  await provider.remove('node-1');
  await provider.remove('node-1');
  expect(await phases(provider)).toEqual({});
  expect(existsSync(join(dir(), 'node-1'))).toBe(false);
  expect(journal().at(-1)).toBe('node-1 stop SIGTERM');
  expect(await provider.start(localShape, 1)).toEqual(['node-2']);
});

test('a node that leaves for good is not started again', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 leaves');
  const provider = open();
  await provider.start(localShape, 1);
  await vi.waitFor(async () => expect(await phases(provider)).toEqual({ 'node-1': 'left' }));
});

test('a node that dies is started again', async () => {
  const provider = open();
  await provider.start(localShape, 1);
  await vi.waitFor(async () => expect(await phases(provider)).toEqual({ 'node-1': 'running' }));
  vi.stubEnv('FAKE_TROUBLE', '');
  const { children } = JSON.parse(readFileSync(join(dir(), 'satchel-owner.json'), 'utf8'));
  process.kill(children[0].pid, 'SIGKILL');
  await vi.waitFor(() => expect(journal().filter((line) => line.startsWith('node-1 start'))).toHaveLength(2), { timeout: 5000 });
});

test('a node that cannot be started has failed', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 fails');
  const provider = open();
  await provider.start(localShape, 1);
  await vi.waitFor(async () => expect(await phases(provider)).toEqual({ 'node-1': 'failed' }));
});

test('nodes of an earlier controller are started again under their names, in their folders', async () => {
  const before = open();
  await before.start(localShape, 2);
  await vi.waitFor(async () => expect(await phases(before)).toEqual({ 'node-1': 'running', 'node-2': 'running' }));
  await before.close();
  const after = open();
  expect(await phases(after)).toEqual({ 'node-1': 'starting', 'node-2': 'starting' });
  await vi.waitFor(async () => expect(await phases(after)).toEqual({ 'node-1': 'running', 'node-2': 'running' }));
  expect(await after.start(localShape, 1)).toEqual(['node-3']);
});

test('a folder that another living process has is refused', () => {
  mkdirSync(dir());
  const stat = readFileSync('/proc/1/stat', 'utf8');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const owner = { pid: 1, startTime, children: [], folders: [], madeDir: false };
  writeFileSync(join(dir(), 'satchel-owner.json'), JSON.stringify(owner));
  expect(open).toThrow(/is in use by another controller, process 1/);
});
