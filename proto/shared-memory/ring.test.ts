import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRing, RingEnd, ringBytes } from './ring.js';

function pair(capacityBytes: number): { client: RingEnd; shard: RingEnd; words: Uint32Array } {
  const memory = new ArrayBuffer(ringBytes(capacityBytes));
  formatRing(memory, capacityBytes);
  return { client: new RingEnd(memory, 'client'), shard: new RingEnd(memory, 'shard'), words: new Uint32Array(memory) };
}

describe('a ring', () => {
  it('is a pair of byte streams, whatever the pieces they are written and read in', () => {
    const steps = fc.array(fc.record({ toShard: fc.boolean(), write: fc.uint8Array({ maxLength: 40 }), readBytes: fc.nat(40) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const { client, shard } = pair(32);
        const sent = { true: [] as number[], false: [] as number[] };
        const got = { true: [] as number[], false: [] as number[] };
        for (const { toShard, write, readBytes } of all) {
          const [from, to] = toShard ? [client, shard] : [shard, client];
          const taken = from.write(write, 0, write.length);
          sent[`${toShard}`].push(...write.subarray(0, taken));
          const target = Buffer.alloc(readBytes);
          got[`${toShard}`].push(...target.subarray(0, to.read(target)));
          expect(to.readableBytes).toBe(sent[`${toShard}`].length - got[`${toShard}`].length);
          expect(from.writableBytes).toBe(32 - to.readableBytes);
          expect(from.hasUnread).toBe(to.readableBytes > 0);
        }
        for (const side of ['true', 'false'] as const) expect(got[side]).toEqual(sent[side].slice(0, got[side].length));
      }),
    );
  });

  it('goes on where its 32-bit counts wrap', () => {
    const memory = new ArrayBuffer(ringBytes(64));
    formatRing(memory, 64);
    new Uint32Array(memory).fill(0xffff_fff0, 16, 17).fill(0xffff_fff0, 32, 33);
    const client = new RingEnd(memory, 'client');
    const shard = new RingEnd(memory, 'shard');
    for (let round = 0; round < 5; round++) {
      expect(client.write(Buffer.from(`hello ${round}`), 0, 7)).toBe(7);
      const target = Buffer.alloc(20);
      expect(target.toString('latin1', 0, shard.read(target))).toBe(`hello ${round}`);
    }
  });

  it('takes no more than its capacity and says how much that was', () => {
    const { client, shard } = pair(16);
    expect(client.write(Buffer.alloc(20), 0, 20)).toBe(16);
    expect(client.write(Buffer.alloc(20), 0, 20)).toBe(0);
    expect(shard.read(Buffer.alloc(6))).toBe(6);
    expect(client.write(Buffer.alloc(20), 0, 20)).toBe(6);
  });

  it('lets a side sleep only while there is nothing for it, and tells the other side once', () => {
    const { client, shard } = pair(16);
    expect(shard.sleep(true, false)).toBe(true);
    expect(client.peerAwake).toBe(false);
    client.write(Buffer.from('x'), 0, 1);
    expect(client.takeWakeUp('bytes')).toBe(true);
    expect(client.takeWakeUp('bytes')).toBe(false);
    expect(shard.sleep(true, false)).toBe(false);
    expect(client.peerAwake).toBe(true);
  });

  it('lets a side sleep beside bytes that it does not want to read now', () => {
    const { client, shard } = pair(16);
    client.write(Buffer.from('x'), 0, 1);
    expect(shard.sleep(false, true)).toBe(false);
    shard.write(Buffer.alloc(16), 0, 16);
    expect(shard.sleep(false, true)).toBe(true);
    client.read(Buffer.alloc(4));
    expect(client.takeWakeUp('bytes')).toBe(false);
    expect(client.takeWakeUp('space')).toBe(true);
  });

  it('does not let a writer sleep for space that is there', () => {
    const { client, shard } = pair(16);
    client.write(Buffer.alloc(16), 0, 16);
    expect(client.sleep(false, true)).toBe(true);
    shard.read(Buffer.alloc(1));
    expect(shard.takeWakeUp('bytes')).toBe(false);
    expect(shard.takeWakeUp('space')).toBe(true);
    expect(client.sleep(false, true)).toBe(false);
  });

  it('refuses counts that cannot be, whichever side finds them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 0xffff_ffff }), (count) => {
        const { client, shard, words } = pair(32);
        words[16] = count;
        words[64] = -count;
        expect(() => shard.read(Buffer.alloc(8))).toThrow(/control page was overwritten/);
        expect(() => shard.write(Buffer.alloc(8), 0, 8)).toThrow(/control page was overwritten/);
        expect(client.writableBytes).toBe(32);
      }),
    );
  });

  it('refuses memory that is no ring', () => {
    expect(() => new RingEnd(new ArrayBuffer(ringBytes(64)), 'shard')).toThrow(/not a ring/);
    const memory = new ArrayBuffer(ringBytes(64));
    formatRing(memory, 128);
    expect(() => new RingEnd(memory, 'client')).toThrow(/not a ring/);
  });
});
