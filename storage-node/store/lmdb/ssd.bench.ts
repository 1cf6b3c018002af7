import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Key } from '../key.js';
import { plainMetadata } from '../tier-store.js';
import { JobEnvironment } from './job-environment.js';
import { SsdBudget } from './ssd-budget.js';
import { SsdStore } from './ssd-store.js';
import { Trash } from './trash.js';

// node dist/store/lmdb/ssd.bench.js [bytes,…] [lmdb,file] [folder]: nanoseconds of processor time per call of the ssd tier with 64
// calls per turn, each turn with its commit; every value size once within LMDB and once in files, so that the threshold can be chosen.

const callsPerTurn = 64;
const target = Buffer.alloc(16 * 2 ** 20);

/** Processor time of the process per call, the kernel's share of it last; and the longest turn in milliseconds. */
interface Cost {
  readonly nanoseconds: number;
  readonly kernel: number;
  readonly longestTurnMs: number;
}

function cost(calls: number, keys: Keys, call: (key: Key) => void, flush: () => void): Cost {
  const begin = process.cpuUsage();
  let longestTurnMs = 0;
  for (let done = 0; done < calls; done += callsPerTurn) {
    const beganMs = performance.now();
    for (let index = 0; index < callsPerTurn && done + index < calls; index++) call(keys.next());
    flush();
    longestTurnMs = Math.max(longestTurnMs, performance.now() - beganMs);
  }
  const { user, system } = process.cpuUsage(begin);
  const perCall = (microseconds: number) => Math.round((microseconds * 1000) / calls);
  return { nanoseconds: perCall(user + system), kernel: perCall(system), longestTurnMs: Math.round(longestTurnMs * 10) / 10 };
}

/** Keys one after the other in an order that has nothing to do with theirs. */
class Keys {
  private readonly key = new Key();
  private readonly names: Buffer;
  private readonly count: number;
  private at = 0;

  constructor(count: number) {
    this.count = count;
    this.names = Buffer.from(Array.from({ length: count }, (_, index) => `key:${String(index).padStart(12, '0')}`).join(''));
  }

  next(): Key {
    // A stride coprime to the number of keys.
    this.at = (this.at + 7919) % this.count;
    return this.key.set(this.names, this.at * 16, this.at * 16 + 16);
  }
}

async function measure(bytes: number, inlineBytes: number, folder: string): Promise<void> {
  const trash = new Trash({ folder: join(folder, 'trash') });
  const environment = new JobEnvironment({ folder: join(folder, 'job'), trash });
  const store = new SsdStore({ environment, budget: new SsdBudget({ budgetBytes: 2 ** 40 }), inlineBytes });
  const count = Math.min(100_000, Math.floor((256 * 2 ** 20) / (bytes + 128)));
  const keys = new Keys(count);
  const value = Buffer.alloc(bytes, 0x76);
  const metadata = plainMetadata(1_760_000_000_000);
  const put = (key: Key) => {
    if (store.put(key, value, 0, bytes, metadata) !== true) throw new Error('a put was refused or waits');
  };
  const flush = () => store.flush();
  const report = (name: string, calls: number, call: (key: Key) => void) => {
    const where = bytes <= inlineBytes ? 'lmdb' : 'file';
    process.stdout.write(`${JSON.stringify({ bytes, where, name, ...cost(calls, keys, call, flush) })}\n`);
  };
  report('first put', count, put);
  await trash.idle();
  report('overwrite', 2 * count, put);
  report('get', 2 * count, (key) => void store.find(key)?.read(0, bytes, target, 0));
  report('miss', count, (key) => void store.find(key.set(key.buffer, key.start, key.end - 1)));
  report('delete', count, (key) => void store.delete(key));
  await store.destroy();
  await trash.idle();
}

const wheres = (process.argv[3] ?? 'lmdb,file').split(',');
const sizes = (process.argv[2] ?? '100,1024,4096,16384,65536').split(',').map(Number);
const folder = mkdtempSync(join(process.argv[4] ?? tmpdir(), 'satchel-ssd-bench-'));
try {
  for (const bytes of sizes) {
    if (wheres.includes('lmdb')) await measure(bytes, Number.POSITIVE_INFINITY, join(folder, `lmdb-${bytes}`));
    if (wheres.includes('file')) await measure(bytes, 0, join(folder, `file-${bytes}`));
  }
} finally {
  rmSync(folder, { recursive: true });
}
