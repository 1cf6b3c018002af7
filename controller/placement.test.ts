import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlacementRequest, place, type ShardRoom } from './placement.js';

const room = (shard: number, node: string, dramFreeBytes: number, rest: Partial<ShardRoom> = {}): ShardRoom => ({
  ...{ shard, node, dramFreeBytes, ssdFreeBytes: 1000, throughputFreeBytesPerSecond: 500, jobs: 0 },
  ...rest,
});
const request = (rest: Partial<PlacementRequest>): PlacementRequest => ({
  ...{ tier: 'dram', bytes: 0, throughputBytesPerSecond: 0, shards: 1 },
  ...rest,
});
const shards = (result: ReturnType<typeof place>) => result.placed.map(({ room: { shard } }) => shard);

describe('placement', () => {
  const fleet = [room(1, 'a', 100), room(2, 'a', 60), room(3, 'b', 100), room(4, 'b', 100)];

  it('puts a small job on the fullest shard of the fullest node that fits', () => {
    expect(shards(place(request({ bytes: 50 }), fleet))).toEqual([2]);
    expect(shards(place(request({ bytes: 80 }), fleet))).toEqual([1]);
  });

  it('takes the fewest shards above those wanted that hold it in equal parts', () => {
    expect(shards(place(request({ bytes: 150 }), fleet))).toEqual([1, 3]);
    expect(shards(place(request({ bytes: 110 }), fleet))).toEqual([1, 2]);
  });

  it('looks at throughput as much as at capacity', () => {
    const busy = [room(1, 'a', 10, { throughputFreeBytesPerSecond: 5 }), room(2, 'b', 100)];
    expect(shards(place(request({ bytes: 5, throughputBytesPerSecond: 50 }), busy))).toEqual([2]);
  });

  it('looks at ssd for a job that begins there', () => {
    const rooms = [room(1, 'a', 0, { ssdFreeBytes: 100 }), room(2, 'b', 500, { ssdFreeBytes: 10 })];
    expect(shards(place(request({ tier: 'ssd', bytes: 50 }), rooms))).toEqual([1]);
  });

  it('spreads a job that fits only unevenly in proportion to what is free', () => {
    const result = place(request({ bytes: 110 }), [room(1, 'a', 100), room(2, 'a', 10), room(3, 'b', 10)]);
    expect(result.fits).toBe(true);
    expect(result.placed.map(({ weight }) => weight)).toEqual([100, 10, 10]);
  });

  it('starts a job larger than the fleet on what there is', () => {
    const result = place(request({ bytes: 10_000, shards: 2 }), fleet);
    expect(result.fits).toBe(false);
    expect(shards(result)).toEqual([1, 2, 3, 4]);
  });

  it('gives a job without reservation the emptiest shards with the fewest jobs', () => {
    const rooms = [room(1, 'a', 100, { jobs: 2 }), room(2, 'a', 60), room(3, 'b', 100)];
    expect(shards(place(request({ shards: 1 }), rooms))).toEqual([3]);
    expect(shards(place(request({ shards: 16 }), rooms))).toEqual([1, 2, 3]);
  });

  it('always places, on shards that exist, each once, and what fits really fits', () => {
    const rooms = fc.array(fc.record({ node: fc.constantFrom('a', 'b', 'c'), free: fc.nat(1000), rate: fc.nat(1000) }), {
      minLength: 1,
      maxLength: 40,
    });
    const anyRequest = fc.record({
      bytes: fc.nat(5000),
      throughputBytesPerSecond: fc.nat(5000),
      shards: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(rooms, anyRequest, (given, wanted) => {
        const all = given.map(({ node, free, rate }, shard) => room(shard, node, free, { throughputFreeBytesPerSecond: rate }));
        const { placed, fits } = place(request(wanted), all);
        expect(placed.length).toBeGreaterThan(0);
        expect(new Set(placed.map(({ room: { shard } }) => shard)).size).toBe(placed.length);
        const equal = new Set(placed.map(({ weight }) => weight)).size === 1;
        if (fits && equal && wanted.bytes > 0) {
          const free = placed.reduce((sum, { room: { dramFreeBytes } }) => sum + dramFreeBytes, 0);
          expect(free).toBeGreaterThanOrEqual(wanted.bytes);
        }
      }),
    );
  });

  it('decides quickly for a fleet of 4,000 shards', () => {
    const all = Array.from({ length: 4000 }, (_, shard) => room(shard, `n${shard >> 2}`, (shard * 37) % 1000));
    expect(place(request({ bytes: 1e9, shards: 3 }), all).placed).toHaveLength(256);
  });
});
