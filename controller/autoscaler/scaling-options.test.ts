import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addScalingOptions, type ScalingOptions, scalingOf } from './scaling-options.js';

const read = (line: string) => {
  const command = addScalingOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return scalingOf(command.parse(line.split(' ').filter(Boolean), { from: 'user' }).opts<ScalingOptions>());
};

test('without options nodes are somebody else’s, and hints are corrected after five minutes', () => {
  expect(read('')).toEqual({
    provider: { kind: 'static' },
    policy: { least: 1, most: 4, lingerMs: 20_000 },
    correction: { patienceMs: 300_000 },
  });
});

test('local nodes are all alike', () => {
  const line =
    '--provider local --max-nodes 3 --linger 2s --node-dram 64MiB --node-shards 2 --node-throughput 1GiB/s --node-dir /n';
  expect(read(line)).toMatchObject({
    policy: { least: 1, most: 3, lingerMs: 2000 },
    provider: { kind: 'local', dir: '/n', shards: 2, dramBytes: 2 ** 26, throughputBytesPerSecond: 2 ** 30, most: 3 },
  });
});

test('hints can be left as they are', () => {
  expect(read('--no-correct-hints').correction).toBeUndefined();
  expect(read('--correct-after 1m').correction).toEqual({ patienceMs: 60_000 });
});

test.each([
  ['--min-nodes 5 --max-nodes 4', /--min-nodes 5 is more than --max-nodes 4/],
  ['--min-nodes 0', /not a whole number from 1/],
  ['--provider cloud', /Allowed choices are static, local, kubernetes/],
  ['--linger soon', /soon/],
])('%s is wrong usage', (line, message) => {
  expect(() => read(line)).toThrow(message);
});
