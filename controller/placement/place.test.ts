import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlacementRequest, place, RoomIndex, type ShardRoom } from '../placement.js';

const room = (shard: number, node: string, dramFreeBytes: number, rest: Partial<ShardRoom> = {}): ShardRoom => ({
  ...{ shard, node, dramFreeBytes, ssdFreeBytes: 1000, throughputFreeBytesPerSecond: 500, jobs: 0 },
  ...rest,
});
const request = (rest: Partial<PlacementRequest>): PlacementRequest => ({
  ...{ tier: 'dram', dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0, shards: 1 },
  ...rest,
});
const shards = (result: ReturnType<typeof place>) => result.placed.map(({ room: { shard } }) => shard);
const weights = (result: ReturnType<typeof place>) =>
  Object.fromEntries(result.placed.map(({ room: { shard }, weight }) => [shard, Number(weight.toFixed(4))]));

describe('placement', () => {
  const fleet = [room(1, 'a', 100), room(2, 'a', 60), room(3, 'b', 100), room(4, 'b', 100)];

  it('puts a small job on the fullest shard that fits of the first node', () => {
    expect(shards(place(request({ dramBytes: 50 }), fleet))).toEqual([2]);
    expect(shards(place(request({ dramBytes: 80 }), fleet))).toEqual([1]);
    expect(shards(place(request({ dramBytes: 50, shards: 2 }), fleet))).toEqual([1, 2]);
  });

  it('keeps a job on one node that holds it, in parts as equal as its shards allow', () => {
    expect(weights(place(request({ dramBytes: 150 }), fleet))).toEqual({ 1: 0.6, 2: 0.4 });
    expect(weights(place(request({ dramBytes: 180 }), fleet))).toEqual({ 3: 0.5, 4: 0.5 });
  });

  it('takes the roomiest nodes for a job larger than one, and the first that holds the rest', () => {
    const three = [...fleet, room(5, 'c', 100), room(6, 'c', 100)];
    expect(shards(place(request({ dramBytes: 350, shards: 4 }), three))).toEqual([3, 4, 5, 6]);
    expect(weights(place(request({ dramBytes: 360, shards: 2 }), three))).toEqual({ 1: 0.2778, 2: 0.1667, 3: 0.2778, 4: 0.2778 });
  });

  it('looks at throughput as much as at capacity', () => {
    const busy = [room(1, 'a', 10, { throughputFreeBytesPerSecond: 5 }), room(2, 'b', 100)];
    expect(shards(place(request({ dramBytes: 5, throughputBytesPerSecond: 50 }), busy))).toEqual([2]);
  });

  it('takes the first node that holds it, so that those that came last get empty', () => {
    const rooms = [room(1, 'full', 10), room(2, 'first', 90), room(3, 'second', 50), room(4, 'third', 90)];
    expect(shards(place(request({ dramBytes: 50 }), rooms))).toEqual([2]);
    expect(shards(place(request({ dramBytes: 140 }), rooms))).toEqual([2, 3]);
    expect(shards(place(request({ dramBytes: 100 }), rooms))).toEqual([1, 2]);
  });

  it('looks at ssd for a job that begins there, and at both for one that uses both', () => {
    const rooms = [room(1, 'a', 0, { ssdFreeBytes: 100 }), room(2, 'b', 500, { ssdFreeBytes: 10 }), room(3, 'c', 10)];
    expect(shards(place(request({ tier: 'ssd', ssdBytes: 50 }), rooms))).toEqual([1]);
    expect(shards(place(request({ dramBytes: 10, ssdBytes: 50 }), rooms))).toEqual([3]);
  });

  it('starts a job larger than the fleet on what there is, in proportion to what is free', () => {
    const result = place(request({ dramBytes: 10_000, shards: 5 }), [...fleet, room(5, 'c', 0)]);
    expect(result.fits).toBe(false);
    expect(result.placed.map(({ weight }) => Math.round(weight * 10_000))).toEqual([100, 60, 100, 100, 6]);
  });

  it('leaves shards alone that would add little to a job that does not fit', () => {
    const little = [...fleet, room(5, 'c', 10), room(6, 'd', 0)];
    expect(shards(place(request({ dramBytes: 10_000, shards: 2 }), little))).toEqual([1, 2, 3, 4]);
    expect(shards(place(request({ dramBytes: 10_000, shards: 2 }), little, new Map([[5, 1]])))).toEqual([1, 2, 3, 4, 5]);
    const full = [room(1, 'a', 0), room(2, 'b', 0), room(3, 'c', 0)];
    expect(shards(place(request({ dramBytes: 10 }), full))).toHaveLength(1);
  });

  describe('of a job that reserves nothing', () => {
    const MiB = 2 ** 20;
    const total = { dramBytes: 1000 * MiB, ssdBytes: 1000 * MiB, throughputBytesPerSecond: 500 };
    const names = ['empty', 'reserved', 'used', 'full'];
    const rooms = [
      ...[room(1, 'empty', 1000 * MiB), room(2, 'reserved', 600 * MiB)],
      ...[room(3, 'used', 1000 * MiB), room(4, 'full', 200 * MiB)],
    ];
    const used = (node: string) => (node === 'used' ? 500 * MiB : 0);
    const index = (all: readonly ShardRoom[]) => new RoomIndex(all, new Map(names.map((node) => [node, total])), used);

    it('takes the fullest nodes below the middle of the band, by what is reserved or used there', () => {
      expect(shards(place(request({ shards: 1 }), index(rooms)))).toEqual([3]);
      expect(shards(place(request({ shards: 2 }), index(rooms)))).toEqual([2, 3]);
      expect(shards(place(request({ shards: 3 }), index(rooms)))).toEqual([1, 2, 3]);
    });

    it('takes those that are fuller than that last, the emptiest first', () => {
      expect(shards(place(request({ shards: 16 }), index(rooms)))).toEqual([1, 2, 3, 4]);
      const fuller = [room(1, 'reserved', 200 * MiB), room(2, 'full', 100 * MiB)];
      expect(shards(place(request({ shards: 1 }), index(fuller)))).toEqual([1]);
    });

    it('expects something of jobs that have just come', () => {
      const many = rooms.map((each) => (each.node === 'used' ? { ...each, jobs: 12 } : each));
      expect(shards(place(request({ shards: 1 }), index(many)))).toEqual([2]);
    });
  });
});

describe('placing a job anew', () => {
  const four = [room(1, 'a', 100), room(2, 'a', 100), room(3, 'b', 100), room(4, 'b', 100)];

  it('changes nothing while what it has holds it', () => {
    const present = new Map([[1, 0.6], [3, 0.4]]); // biome-ignore format: a row of pairs
    expect(weights(place(request({ dramBytes: 150 }), four, present))).toEqual({ 1: 0.6, 3: 0.4 });
    expect(weights(place(request({}), four, present))).toEqual({ 1: 0.5, 3: 0.5 });
  });

  it('takes shards of its nodes first, then others', () => {
    expect(weights(place(request({ dramBytes: 150 }), four, new Map([[3, 1]])))).toEqual({ 3: 0.6667, 4: 0.3333 });
    expect(weights(place(request({ dramBytes: 250 }), four, new Map([[3, 1]])))).toEqual({ 1: 0.3, 3: 0.4, 4: 0.3 });
  });

  it('gives up nodes that it does not need any more', () => {
    const present = new Map([[1, 0.25], [2, 0.25], [3, 0.3], [4, 0.2]]); // biome-ignore format: a row of pairs
    expect(weights(place(request({ dramBytes: 50 }), four, present))).toEqual({ 1: 0.5, 2: 0.5 });
  });

  it('spreads it when more shards are wanted, and moves no more than that takes', () => {
    expect(weights(place(request({ dramBytes: 10, shards: 4 }), four, new Map([[1, 0.5], [2, 0.5]])))).toEqual({ 1: 0.25, 2: 0.25, 3: 0.25, 4: 0.25 }); // biome-ignore format: a row of pairs
  });

  it('does without shards that are gone', () => {
    expect(weights(place(request({ dramBytes: 10 }), four, new Map([[1, 0.5], [9, 0.5]])))).toEqual({ 1: 1 }); // biome-ignore format: a row of pairs
  });
});

const anyRooms = fc
  .array(
    fc.record({ node: fc.constantFrom('a', 'b', 'c', 'd', 'e'), dram: fc.nat(1000), ssd: fc.nat(1000), rate: fc.nat(1000) }),
    { minLength: 1, maxLength: 30 },
  )
  .map((given) =>
    given.map(({ node, dram, ssd, rate }, shard) =>
      room(shard, node, dram, { ssdFreeBytes: ssd, throughputFreeBytesPerSecond: rate }),
    ),
  );
const anyRequest = fc
  .record({
    dramBytes: fc.nat(3000),
    ssdBytes: fc.oneof(fc.constant(0), fc.nat(3000)),
    throughputBytesPerSecond: fc.oneof(fc.constant(0), fc.nat(3000)),
    shards: fc.integer({ min: 1, max: 20 }),
  })
  .map(request);

/** The part of a job that a shard holds, worked out anew. */
const part = (of: ShardRoom, wanted: PlacementRequest, cap = 1) =>
  Math.min(
    cap,
    wanted.dramBytes ? of.dramFreeBytes / wanted.dramBytes : 1,
    wanted.ssdBytes ? of.ssdFreeBytes / wanted.ssdBytes : 1,
    wanted.throughputBytesPerSecond ? of.throughputFreeBytesPerSecond / wanted.throughputBytesPerSecond : 1,
  );
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('placement of any job on any fleet', () => {
  it('names shards that exist, each once, and their weights add up to the whole', () => {
    fc.assert(
      fc.property(anyRooms, anyRequest, (rooms, wanted) => {
        const { placed } = place(wanted, rooms);
        expect(placed.length).toBeGreaterThan(0);
        expect(new Set(placed.map(({ room: { shard } }) => shard)).size).toBe(placed.length);
        const all = sum(placed.map(({ weight }) => weight));
        for (const { weight } of placed) expect(weight / all).toBeGreaterThan(0);
      }),
    );
  });

  it('never takes more of anything than is free, and finds room exactly if there is some', () => {
    fc.assert(
      fc.property(anyRooms, anyRequest, (rooms, wanted) => {
        const { placed, fits } = place(wanted, rooms);
        expect(fits).toBe(
          sum(rooms.map((one) => part(one, wanted))) >= 1 - 1e-9 ||
            sum([wanted.dramBytes, wanted.ssdBytes, wanted.throughputBytesPerSecond]) === 0,
        );
        if (!fits) return;
        const all = sum(placed.map(({ weight }) => weight));
        for (const { room: one, weight } of placed) {
          const taken = (weight / all) * (1 - 1e-6);
          expect(wanted.dramBytes * taken).toBeLessThanOrEqual(one.dramFreeBytes);
          expect(wanted.ssdBytes * taken).toBeLessThanOrEqual(one.ssdFreeBytes);
          expect(wanted.throughputBytesPerSecond * taken).toBeLessThanOrEqual(one.throughputFreeBytesPerSecond);
        }
      }),
    );
  });

  it('uses no more nodes than the best choice of nodes would, for as many shards as wanted', () => {
    fc.assert(
      fc.property(anyRooms, anyRequest, (rooms, wanted) => {
        if (wanted.dramBytes + wanted.ssdBytes + wanted.throughputBytesPerSecond === 0) return;
        const { placed, fits } = place(wanted, rooms);
        if (!fits) return;
        const names = [...new Set(rooms.map(({ node }) => node))];
        const count = Math.min(wanted.shards, rooms.length);
        const fewest = (cap: number) => {
          let least = Number.POSITIVE_INFINITY;
          for (let choice = 1; choice < 1 << names.length; choice++) {
            const nodes = names.filter((_, index) => choice & (1 << index));
            const held = sum(rooms.filter(({ node }) => nodes.includes(node)).map((one) => part(one, wanted, cap)));
            if (held >= 1 - 1e-9) least = Math.min(least, nodes.length);
          }
          return least;
        };
        const least = fewest(1 / count);
        expect(new Set(placed.map(({ room: { node } }) => node)).size).toBe(Number.isFinite(least) ? least : fewest(1));
        if (Number.isFinite(least)) expect(placed.length).toBeGreaterThanOrEqual(count);
      }),
    );
  });

  it('does not depend on whether rooms come as a list or as an index that was kept up to date', () => {
    fc.assert(
      fc.property(anyRooms, anyRequest, (rooms, wanted) => {
        const index = new RoomIndex(rooms.map((one) => ({ ...one, jobs: 7, dramFreeBytes: 0 })));
        for (const one of rooms) index.set(one.shard, one);
        const [a, b] = [place(wanted, rooms), place(wanted, index)];
        expect([shards(a), a.fits]).toEqual([shards(b), b.fits]);
      }),
    );
  });

  it('keeps the shards that a job has as long as they hold it', () => {
    fc.assert(
      fc.property(anyRooms, anyRequest, (rooms, wanted) => {
        const first = place(wanted, rooms);
        const all = sum(first.placed.map(({ weight }) => weight));
        const present = new Map(first.placed.map(({ room: { shard }, weight }) => [shard, weight / all]));
        const again = place(wanted, rooms, present);
        expect(shards(again)).toEqual(shards(first));
        for (const { room: { shard }, weight } of again.placed) expect(weight / sum(again.placed.map((one) => one.weight))).toBeCloseTo(present.get(shard) ?? 0, 6); // biome-ignore format: short
      }),
    );
  });
});

it('fills a fleet with jobs to within a node of first fit', () => {
  const jobs = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 60 }), rate: fc.integer({ min: 1, max: 60 }) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(jobs, (list) => {
      const nodes = Array.from({ length: 61 }, (_, shard) =>
        room(shard, `n${shard}`, 100, { throughputFreeBytesPerSecond: 100 }),
      );
      const used = (pick: (wanted: PlacementRequest, index: RoomIndex) => number) => {
        const index = new RoomIndex(nodes);
        const taken = new Set<number>();
        for (const { bytes, rate } of list) {
          const shard = pick(request({ dramBytes: bytes, throughputBytesPerSecond: rate }), index);
          taken.add(shard);
          const { dramFreeBytes, throughputFreeBytesPerSecond, ...rest } = index.of(shard) as ShardRoom;
          index.set(shard, {
            ...rest,
            dramFreeBytes: dramFreeBytes - bytes,
            throughputFreeBytesPerSecond: throughputFreeBytesPerSecond - rate,
          });
        }
        return taken.size;
      };
      const ours = used((wanted, index) => place(wanted, index).placed[0]?.room.shard ?? 0);
      const firstFit = used((wanted, index) => [...index].find((one) => part(one, wanted) >= 1)?.shard ?? 0);
      expect(ours).toBeLessThanOrEqual(Math.ceil(1.15 * firstFit) + 1);
    }),
  );
});

it('decides for 4,000 shards', () => {
  const all = Array.from({ length: 4000 }, (_, shard) => room(shard, `n${shard >> 2}`, (shard * 37) % 1000));
  expect(place(request({ dramBytes: 1e9, shards: 3 }), all).placed).toHaveLength(256);
});
