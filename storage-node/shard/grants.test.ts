import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterAnswer, asksAhead, grantWaitMs, JobGrant, keptBytes, refusalMemoryMs, wantedBytes } from './grants.js';

const MiB = 2 ** 20;

/** Time that only the test moves. */
class ManualClock {
  nowMs = 1000;
  private timers: { atMs: number; callback: () => void }[] = [];
  now = () => this.nowMs;
  after = (delayMs: number, callback: () => void) => {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };
  advance(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.timers = this.timers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { callback } of due) callback();
  }
}

function grantOf(quotaBytes: number, bytes: number) {
  const clock = new ManualClock();
  const requests: number[] = [];
  const returns: [number, number][] = [];
  const channel = {
    request: (wanted: number) => void requests.push(wanted),
    giveBack: (kept: number, version: number) => void returns.push([kept, version]),
  };
  return { grant: new JobGrant(quotaBytes, { bytes, version: 1 }, channel, clock), clock, requests, returns };
}

describe('decisions', () => {
  test('a quarter more than needed is asked for, within 1 and 64 MiB and the quota', () => {
    expect(wantedBytes(100, 10 * MiB)).toBe(100 + MiB);
    expect(wantedBytes(40 * MiB, 1000 * MiB)).toBe(50 * MiB);
    expect(wantedBytes(800 * MiB, 10_000 * MiB)).toBe(864 * MiB);
    expect(wantedBytes(900 * MiB, 910 * MiB)).toBe(910 * MiB);
  });
  test('more is asked for above three quarters of the share, unless it is the whole quota', () => {
    expect(asksAhead(75, 100, 1000)).toBe(false);
    expect(asksAhead(76, 100, 1000)).toBe(true);
    expect(asksAhead(100, 100, 100)).toBe(false);
  });
  test('what is kept covers what is used and waited for and never exceeds the grant', () => {
    expect(keptBytes(10, 20, 100)).toBe(30);
    expect(keptBytes(90, 20, 100)).toBe(100);
  });
  test('an answer that gave nothing ends it at the second time', () => {
    expect([afterAnswer(1, 5), afterAnswer(0, 1), afterAnswer(0, 2)]).toEqual(['ask-again', 'ask-again', 'refuse']);
  });
});

describe('one share', () => {
  test('a job without quota is never asked about', () => {
    const { grant, requests } = grantOf(0, 0);
    expect(grant.reserve(1e12)).toBe(true);
    expect(grant.bytes).toBe(Number.POSITIVE_INFINITY);
    expect(requests).toEqual([]);
  });

  test('what fits is taken at once, and more is asked for ahead', () => {
    const { grant, requests } = grantOf(100 * MiB, 10 * MiB);
    expect(grant.reserve(7 * MiB)).toBe(true);
    expect(requests).toEqual([]);
    expect(grant.reserve(MiB)).toBe(true);
    expect(requests).toEqual([12.5 * MiB]);
  });

  test('several reservations that wait share one request and are taken together', async () => {
    const { grant, requests } = grantOf(100 * MiB, 0);
    const both = [grant.reserve(10), grant.reserve(20)];
    expect(requests).toHaveLength(1);
    grant.changed(100 * MiB, MiB, 2);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(grant.usedBytes).toBe(30);
  });

  test('a refusal is remembered until something is released, the grant changes or a moment has passed', async () => {
    const { grant, clock, requests } = grantOf(100, 10);
    const waiting = grant.reserve(50);
    for (let version = 2; version < 6; version++) grant.changed(100, 10, version);
    expect(await waiting).toBe(false);
    expect(grant.reserve(50)).toBe(false);
    clock.advance(refusalMemoryMs);
    const asked = requests.length;
    const again = grant.reserve(50);
    expect(requests).toHaveLength(asked + 1);
    grant.changed(100, 60, 9);
    expect(await again).toBe(true);
  });

  test('more than the quota is refused without asking', () => {
    const { grant, requests } = grantOf(100, 10);
    expect(grant.reserve(101)).toBe(false);
    expect(requests).toEqual([]);
  });

  test('without an answer a write fails after a bounded time and says that the controller did not answer', async () => {
    const { grant, clock } = grantOf(100, 10);
    const waiting = Promise.resolve(grant.reserve(50));
    clock.advance(grantWaitMs);
    await expect(waiting).rejects.toMatchObject({ code: 'quota-exceeded', message: expect.stringContaining('controller') });
    expect(grant.usedBytes).toBe(0);
  });

  test('a request that got lost is repeated when the controller is back', () => {
    const { grant, requests } = grantOf(100, 10);
    void grant.reserve(50);
    grant.askAgain();
    expect(requests).toHaveLength(2);
  });

  test('what nobody answered is asked anew by the next write', async () => {
    const { grant, clock, requests } = grantOf(100, 10);
    const first = Promise.resolve(grant.reserve(50));
    clock.advance(grantWaitMs);
    await expect(first).rejects.toMatchObject({ code: 'quota-exceeded' });
    const second = grant.reserve(50);
    expect(requests).toHaveLength(2);
    grant.changed(100, 80, 2);
    expect(await second).toBe(true);
  });

  test('an old or repeated word of the controller changes nothing', () => {
    const { grant, returns } = grantOf(100, 80);
    grant.reserve(20);
    grant.reclaim();
    expect(returns).toEqual([[20, 1]]);
    grant.changed(100, 80, 1);
    expect(grant.bytes).toBe(20);
  });

  test('bytes released let those that wait go on', async () => {
    const { grant } = grantOf(100, 50);
    grant.reserve(50);
    const waiting = grant.reserve(10);
    grant.release(20);
    expect(await waiting).toBe(true);
    expect(grant.usedBytes).toBe(40);
  });

  test('at the job’s end nobody waits any longer', async () => {
    const { grant } = grantOf(100, 0);
    const waiting = grant.reserve(10);
    grant.close();
    expect(await waiting).toBe(false);
  });
});

/** The controller's side: it gives all that is missing or nothing, reclaiming from the others first, and answers every request. */
class ControllerModel {
  readonly grants: { bytes: number; version: number }[];
  private pending: { shard: number; bytes: number; awaited: Set<number> } | undefined;
  private readonly queue: { shard: number; bytes: number }[] = [];

  constructor(
    private readonly quotaBytes: number,
    shards: number,
    private readonly send: (shard: number, message: 'reclaim' | { bytes: number; version: number }) => void,
  ) {
    const each = Math.floor(quotaBytes / 2 / shards);
    this.grants = Array.from({ length: shards }, () => ({ bytes: each, version: 1 }));
  }

  get sum(): number {
    return this.grants.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  request(shard: number, bytes: number): void {
    this.queue.push({ shard, bytes });
    this.next();
  }

  returned(shard: number, bytes: number, version: number): void {
    const grant = this.grants[shard];
    if (grant && grant.version === version) grant.bytes = bytes;
    if (this.pending?.awaited.delete(shard) && this.pending.awaited.size === 0) this.answer();
  }

  private next(): void {
    const request = this.pending ? undefined : this.queue.shift();
    if (!request) return;
    this.pending = { ...request, awaited: new Set() };
    const missing = request.bytes - (this.grants[request.shard]?.bytes ?? 0);
    const others = [...this.grants.keys()].filter((shard) => shard !== request.shard);
    if (missing > this.quotaBytes - this.sum) this.pending.awaited = new Set(others);
    for (const other of this.pending.awaited) this.send(other, 'reclaim');
    if (this.pending.awaited.size === 0) this.answer();
  }

  private answer(): void {
    const { shard, bytes } = this.pending ?? { shard: 0, bytes: 0 };
    const grant = this.grants[shard];
    this.pending = undefined;
    if (!grant) return;
    const missing = bytes - grant.bytes;
    if (missing > 0 && missing <= this.quotaBytes - this.sum) grant.bytes += missing;
    grant.version++;
    this.send(shard, { ...grant });
    this.next();
  }
}

/** n shards and a controller with a queue of messages in each direction that the test delivers one by one. */
class Fleet {
  readonly clock = new ManualClock();
  readonly shards: JobGrant[];
  readonly controller: ControllerModel;
  private readonly queues: (() => void)[][];
  readonly held: number[];

  constructor(
    readonly quotaBytes: number,
    count: number,
  ) {
    this.queues = Array.from({ length: count * 2 }, () => []);
    this.held = Array.from({ length: count }, () => 0);
    this.controller = new ControllerModel(quotaBytes, count, (shard, message) =>
      this.queues[shard]?.push(() => {
        if (message === 'reclaim') this.shards[shard]?.reclaim();
        else this.shards[shard]?.changed(quotaBytes, message.bytes, message.version);
      }),
    );
    this.shards = Array.from({ length: count }, (_, shard) => {
      const up = this.queues[count + shard] ?? [];
      const channel = {
        request: (bytes: number) => void up.push(() => this.controller.request(shard, bytes)),
        giveBack: (bytes: number, version: number) => void up.push(() => this.controller.returned(shard, bytes, version)),
      };
      return new JobGrant(quotaBytes, { bytes: this.controller.grants[shard]?.bytes ?? 0, version: 1 }, channel, this.clock);
    });
  }

  /** Delivers the first message of one queue that has any. */
  async deliver(choice: number): Promise<boolean> {
    const busy = this.queues.filter((queue) => queue.length > 0);
    busy[choice % Math.max(1, busy.length)]?.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
    this.check();
    return busy.length > 0;
  }

  async settle(): Promise<void> {
    while (await this.deliver(0));
  }

  reserve(shard: number, bytes: number): Promise<boolean> {
    return Promise.resolve(this.shards[shard]?.reserve(bytes) ?? false).then((taken) => {
      if (taken) this.held[shard] = (this.held[shard] ?? 0) + bytes;
      return taken;
    });
  }

  check(): void {
    expect(this.controller.sum).toBeLessThanOrEqual(this.quotaBytes);
    expect(this.shards.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(this.quotaBytes);
    for (const grant of this.shards) expect(grant.usedBytes).toBeLessThanOrEqual(grant.bytes);
  }
}

describe('many shards and a controller', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), shard: fc.nat(3), bytes: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('release' as const), shard: fc.nat(3), bytes: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('deliver' as const), choice: fc.nat(7) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }),
    ),
    { maxLength: 60 },
  );

  test('grants never exceed the quota, and once all is settled nothing that fits is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: 300 }), steps, async (quotaBytes, moves) => {
        const fleet = new Fleet(quotaBytes, 4);
        for (const move of moves) {
          if (move.kind === 'reserve') fleet.reserve(move.shard, move.bytes).catch(() => {});
          else if (move.kind === 'deliver') await fleet.deliver(move.choice);
          else if (move.kind === 'wait') fleet.clock.advance(move.ms);
          else {
            const bytes = Math.min(move.bytes, fleet.held[move.shard] ?? 0);
            fleet.held[move.shard] = (fleet.held[move.shard] ?? 0) - bytes;
            fleet.shards[move.shard]?.release(bytes);
          }
          await Promise.resolve();
          fleet.check();
        }
        await fleet.settle();
        fleet.clock.advance(refusalMemoryMs * 4);
        const free = quotaBytes - fleet.shards.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
        if (free > 0) {
          const last = fleet.reserve(3, free);
          await fleet.settle();
          expect(await last).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
