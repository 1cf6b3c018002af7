import { slotOf } from '@satchel/proto/core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Grant } from '../grant.js';
import { SlotMoves } from '../testing/slot-moves.js';
import { TestFleet } from '../testing/test-fleet.js';

let fleet: TestFleet;
afterEach(() => fleet.close());

/** One quota from which all shards take what they need, at once or a little later. */
class SharedQuota {
  readonly bytes: number;
  reservedBytes = 0;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  grant(isSlow: boolean): Grant {
    const take = (bytes: number): boolean => {
      if (this.reservedBytes + bytes > this.bytes) return false;
      this.reservedBytes += bytes;
      return true;
    };
    return {
      bytes: this.bytes,
      reserve: (bytes) => (isSlow ? new Promise((resolve) => setTimeout(() => resolve(take(bytes)), 2)) : take(bytes)),
      release: (bytes) => {
        this.reservedBytes -= bytes;
        expect(this.reservedBytes).toBeGreaterThanOrEqual(0);
      },
    };
  }
}

const heldBytes = () => fleet.shards.reduce((sum, { jobs }) => sum + (jobs.get('job')?.usage.heldBytes ?? 0), 0);

test('a job never exceeds its quota by more than its slots held when they moved, and deletes make up for it first', async () => {
  const run = fc.asyncProperty(fc.boolean(), fc.array(fc.nat(3), { minLength: 30, maxLength: 30 }), async (isSlow, commands) => {
    const quota = new SharedQuota(20_000);
    fleet = await TestFleet.start({ shards: 2, grantOf: (shard) => quota.grant(isSlow && shard === 2) });
    const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
    const tell = () => {
      for (const shard of fleet.shards) shard.configure(moves.configuration);
    };
    tell();
    const client = await fleet.client('job');
    const put = (number: number) => client.call('SET', `key${number}`, 'x'.repeat(400));
    let count = 0;
    while ((await put(count)) === 'OK') count++;
    moves.move(0, 8192, 2);
    tell();
    const inMoved = (number: number) =>
      fleet
        .shard(1)
        .jobs.get('job')
        ?.steering.owned.has(slotOf(`key${number}`))
        ? 0
        : 1;
    const moved = Array.from({ length: count }, (_, number) => number).filter(inMoved);
    const movedBytes = moved.length * (heldBytes() / count);
    // Each takes an object over while others write into the room that this frees.
    for (const [index, command] of commands.entries()) {
      const number = moved[index % moved.length] as number;
      if (command > 0) await client.call('PERSIST', `key${number}`);
      await Promise.all([put(1000 + index * 2), put(1001 + index * 2)]);
      expect(heldBytes()).toBeLessThanOrEqual(quota.bytes + movedBytes);
      expect(quota.reservedBytes).toBeLessThanOrEqual(quota.bytes);
    }
    const mostBytes = heldBytes();
    for (const number of moved) await client.call('DEL', `key${number}`);
    while (heldBytes() > quota.bytes - 500) {
      const [, [key]] = (await client.call('SCAN', '0', 'COUNT', '1')) as [string, [string]];
      await client.call('DEL', key);
      if (heldBytes() > quota.bytes) expect(await put(5000)).toMatch(/^-QUOTA /);
    }
    expect(heldBytes()).toBe(quota.reservedBytes);
    expect(mostBytes).toBeLessThanOrEqual(quota.bytes + movedBytes);
    fleet.close();
  });
  await fc.assert(run, { numRuns: 5 });
});
