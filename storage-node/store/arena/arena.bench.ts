import { mkdtempSync, rmSync } from 'node:fs';
import { loadMapping } from '@satchel/proto/shared-memory';
import { Key } from '../key.js';
import { plainMetadata } from '../tier-store.js';
import { ArenaPool, defaultSegmentBytes } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';
import { churn, mixedSize } from './churn.js';
import { SharedSegmentSource } from './shared-source.js';

// node dist/store/arena/arena.bench.js [churn operations] [shared]: nanoseconds of processor time per call, then reserved against live memory.

const GiB = 2 ** 30;
const target = Buffer.alloc(64 * 1024);
const folder = process.argv[3] === 'shared' ? mkdtempSync('/dev/shm/satchel-bench-') : undefined;

const sources: SharedSegmentSource[] = [];

function newPool(budgetBytes: number): ArenaPool {
  const mapping = folder === undefined ? undefined : loadMapping();
  if (!mapping || folder === undefined) return new ArenaPool({ budgetBytes });
  const segmentBytes = defaultSegmentBytes(budgetBytes);
  const onError = (error: unknown) => process.emitWarning(String(error));
  const source = new SharedSegmentSource({
    folder: `${folder}/${sources.length}.arena`,
    mapping,
    segmentBytes,
    budgetBytes,
    onError,
  });
  sources.push(source);
  return new ArenaPool({ budgetBytes, segmentBytes, source });
}

/** Processor time, so that other work on the machine matters less; the best of a few rounds, the first of which warms up. */
function nanosecondsPer(count: number, work: () => void, rounds = 3): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1000) / count);
  }
  return Math.round(best);
}

function measure(keys: number, valueBytes: number): Record<string, number> {
  const store = newPool(4 * GiB).open('bench');
  const names = Buffer.from(Array.from({ length: keys }, (_, index) => `key:${String(index).padStart(12, '0')}`).join(''));
  const value = Buffer.alloc(valueBytes, 0x76);
  const metadata = plainMetadata(1_760_000_000_000);
  const key = new Key();
  const each = (call: (key: Key) => void) => () => {
    // A stride coprime to the number of keys, so that neighbours in time are not neighbours in memory.
    for (let index = 0, at = 0; index < keys; index++, at = (at + 7919) % keys) call(key.set(names, at * 16, at * 16 + 16));
  };
  const put = each((which) => store.put(which, value, 0, valueBytes, metadata));
  const result = {
    firstPut: nanosecondsPer(keys, put, 1),
    overwrite: nanosecondsPer(keys, put),
    find: nanosecondsPer(
      keys,
      each((which) => store.find(which)),
    ),
    get: nanosecondsPer(
      keys,
      each((which) => store.find(which)?.read(0, valueBytes, target, 0)),
    ),
    overheadBytes: Math.round(overhead(store, keys, 16 + valueBytes)),
    delete: nanosecondsPer(
      keys,
      each((which) => store.delete(which)),
      1,
    ),
  };
  store.clear();
  return result;
}

function overhead(store: ArenaStore, keys: number, bytes: number): number {
  return store.usage.reservedBytes / keys - bytes;
}

function measureChurn(operations: number): Record<string, number> {
  const store = newPool(8 * GiB).open('bench');
  let worstBytes = 0;
  let worstRatio = 0;
  let liveBytes = 0;
  const run = () =>
    churn(store, {
      operations,
      keys: 300_000,
      sizeOf: mixedSize,
      putShare: (progress) => [0.9, 0.5, 0.1, 0.7, 0.02][Math.floor(progress * 5)] ?? 0,
      observe: (state) => {
        liveBytes = Math.max(liveBytes, state.liveBytes);
        worstBytes = Math.max(worstBytes, state.reservedBytes - 1.25 * state.liveBytes);
        if (state.liveBytes > 64 * 2 ** 20) worstRatio = Math.max(worstRatio, state.reservedBytes / state.liveBytes);
      },
    });
  const perOperation = nanosecondsPer(operations, run, 1);
  return {
    perOperation,
    peakLiveBytes: liveBytes,
    worstBytesBeyond125Percent: Math.round(worstBytes),
    worstRatioAbove64MiB: worstRatio,
  };
}

const lines = [
  ...[100, 1024].flatMap((bytes) => [10_000, 100_000, 1_000_000].map((keys) => ({ keys, bytes, ...measure(keys, bytes) }))),
  { churn: Number(process.argv[2] ?? 1_000_000), ...measureChurn(Number(process.argv[2] ?? 1_000_000)) },
];
for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
for (const source of sources) source.close();
await Promise.all(sources.map((source) => source.idle()));
if (folder !== undefined) rmSync(folder, { recursive: true });
