import type { Hints } from '@satchel/proto/core';
import { chooseMix } from './alternatives.js';
import { demandOf } from './demand.js';
import { defaultPriceSheet } from './price-sheet-file.js';

// Processor time of demand and choice of tiers for one job; run as `node controller/dist/sizing/sizing.bench.js`.

const MiB = 2 ** 20;
const rounds = 20_000;
const cases: Record<string, Hints> = {
  'no hints': {},
  'in dram': { capacity: 1024 * MiB, functions: 100 },
  'one tier is best': { capacity: 1024 * MiB, latencySensitive: false },
  'a mix of two tiers': { capacity: 100 * 1024 * MiB, latencySensitive: false, throughput: 200 * MiB, valueSize: MiB },
  'a mix of three tiers': {
    ...{ capacity: 10 * 2 ** 40, latencySensitive: false, throughput: 1024 * MiB, valueSize: 8 * MiB, lifetimeSeconds: 86_400 },
  },
};

const sheet = defaultPriceSheet();
for (const [name, hints] of Object.entries(cases)) {
  measure(hints, rounds / 4);
  const microseconds = measure(hints, rounds) / rounds;
  process.stdout.write(`${name.padEnd(22)} ${microseconds.toFixed(1)} µs\n`);
}

function measure(hints: Hints, count: number): number {
  const before = process.cpuUsage();
  for (let round = 0; round < count; round++) chooseMix(demandOf(hints).demand, sheet);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
