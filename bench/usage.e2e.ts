import { type Job, SatchelError, type Tier } from '@satchel/client';
import { slotOf } from '@satchel/proto/core';
import { expect, test } from 'vitest';
import { satchel, useCluster } from './testing/test-cluster.js';

const shared = useCluster({ nodes: 1, shards: 2, functions: false });

/** What an object is charged besides its key and value. */
const headerBytes = 64;
/** Commands under way at a time: of so many a kill leaves the client in doubt. */
const window = 500;

/** Bytes held in a tier, and for how long. */
class Held {
  bytes = 0;
  byteMs = 0;
  #sinceMs = performance.now();

  change(delta: number): void {
    const nowMs = performance.now();
    this.byteMs += this.bytes * (nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
    this.bytes += delta;
  }
}

/** The client's own count: what was answered, and of what it cannot know whether it was carried out. */
class Tally {
  answered = 0;
  inDoubt = 0;
  bytesIn = 0;
  bytesInDoubt = 0;
  bytesOut = 0;
  readonly held = { dram: new Held(), ssd: new Held(), object: new Held() };
  readonly #objects = new Map<string, number>();

  put(key: string, length: number): void {
    this.answered++;
    this.bytesIn += length;
    this.#set(key, key.length + length + headerBytes);
  }

  deleted(key: string): void {
    this.answered++;
    this.#set(key, 0);
  }

  /** A shard died: what it had in dram is gone. */
  lost(isLost: (key: string) => boolean): void {
    for (const key of this.#objects.keys()) if (tierOf(key) === 'dram' && isLost(key)) this.#set(key, 0);
  }

  #set(key: string, charge: number): void {
    this.held[tierOf(key)].change(charge - (this.#objects.get(key) ?? 0));
    if (charge === 0) this.#objects.delete(key);
    else this.#objects.set(key, charge);
  }
}

const tierOf = (key: string): Tier => (key.startsWith('s/') ? 'ssd' : 'dram');

/** One operation of a mix: half of them reads, a tenth on ssd. The same number is the same operation. */
async function operate(job: Job, tally: Tally, number: number): Promise<void> {
  const random = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d) >>> 0;
  const key = `${random % 10 === 0 ? 's' : 'd'}/${(random >>> 4) % 20_000}`;
  const kind = (random >>> 20) % 20;
  const length = 60 + (random % 80);
  try {
    if (kind < 10) {
      const value = await job.store.get(key);
      tally.answered++;
      tally.bytesOut += value?.length ?? 0;
    } else if (kind < 19) {
      await job.store.put(key, Buffer.alloc(length, 'x'), { tier: tierOf(key) });
      tally.put(key, length);
    } else {
      await job.store.delete(key);
      tally.deleted(key);
    }
  } catch (error) {
    if (error instanceof SatchelError && error.code === 'lost') {
      tally.answered++;
      return;
    }
    tally.inDoubt++;
    if (kind >= 10 && kind < 19) tally.bytesInDoubt += length;
  }
}

async function operations(job: Job, tally: Tally, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += window) {
    const batch = Array.from({ length: Math.min(window, to - number) }, (_, index) => operate(job, tally, number + index));
    await Promise.all(batch);
  }
}

/** What is counted lies within 1 % of what the client knows, from what was answered up to what may have been carried out. */
function expectWithin(what: string, counted: number | undefined, low: number, high = low): void {
  const message = `${what}: ${counted} is counted, the client counts ${low} to ${high}`;
  expect((counted ?? 0) >= low * 0.99 && (counted ?? 0) <= high * 1.01, message).toBe(true);
}

test('usage of a million operations is what the client counts, whatever is killed meanwhile', { timeout: 180_000 }, async () => {
  const job = await shared.register({
    name: 'usage',
    namespace: 'counted',
    leaseSeconds: 60,
    connect: { local: 'off', unavailableMs: 20_000 },
  });
  const tally = new Tally();
  const kill = (part: string, index = 0) => process.kill(shared.processes(part)[index]?.pid ?? 0, 'SIGKILL');
  const map = job.slotMap;
  const ports = (map?.shards ?? []).map(({ endpointPort }) => endpointPort).sort((a, b) => a - b);
  /** Kills a shard by its place on the node: its ports come in that order. */
  const lose = (index: number) => {
    const died = shared.processes('shard/main.js').find(({ command }) => command.endsWith(`shard-${index}`));
    process.kill(died?.pid ?? 0, 'SIGKILL');
    const shard = map?.shards.find(({ endpointPort }) => endpointPort === ports[index])?.shard;
    tally.lost((key) => map?.ranges.findLast(({ start }) => start <= slotOf(key))?.shard === shard);
  };

  await operations(job, tally, 0, 300_000);
  const first = operations(job, tally, 300_000, 500_000);
  kill('controller/dist/main.js');
  await first;
  const second = operations(job, tally, 500_000, 700_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  lose(0);
  await second;
  const third = operations(job, tally, 700_000, 1_000_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  kill('controller/dist/main.js');
  lose(1);
  await third;

  for (const held of Object.values(tally.held)) held.change(0);
  const usage = await job.end();
  const { answered, inDoubt, bytesIn, bytesInDoubt, bytesOut, held } = tally;
  expect(answered + inDoubt).toBe(1_000_000);
  expect(inDoubt).toBeLessThan(10 * window);
  expectWithin('requests', usage?.requests, answered, answered + inDoubt);
  expectWithin('bytes in', usage?.bytesIn, bytesIn, bytesIn + bytesInDoubt);
  expectWithin('bytes out', usage?.bytesOut, bytesOut, bytesOut + 140 * inDoubt);
  expectWithin('byte-seconds of dram', usage?.dram?.byteSeconds, held.dram.byteMs / 1000);
  expectWithin('byte-seconds of ssd', usage?.ssd?.byteSeconds, held.ssd.byteMs / 1000);

  const receipt = JSON.parse(
    (await satchel(['namespace', 'usage', 'counted', '--json', '--controller', shared.cluster.controller])).stdout,
  );
  expect(receipt.usage.requests).toBe(usage?.requests);
  expect(receipt.dollars).toBeCloseTo(usage?.dollars ?? 0, 12);
});
