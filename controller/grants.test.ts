import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrantBook, type GrantOutcome } from './grants.js';

const everyone = () => true;
const book = (quota: number, shards: number) =>
  GrantBook.open(
    'job',
    quota,
    Array.from({ length: shards }, (_, index) => ({ shard: index + 1, weight: 1 })),
  );

describe('grants', () => {
  it('deal three quarters of the quota by weight and keep the rest', () => {
    const grants = GrantBook.open('job', 1600, [
      { shard: 1, weight: 3 },
      { shard: 2, weight: 1 },
    ]);
    expect(grants.of(1)?.bytes).toBe(900);
    expect(grants.of(2)?.bytes).toBe(300);
    expect(grants.reserveBytes).toBe(400);
  });

  it('give a single shard everything at once', () => {
    expect(book(1000, 1).of(1)?.bytes).toBe(1000);
  });

  it('are raised from the reserve without asking anybody', () => {
    const grants = book(1600, 4);
    expect(grants.request(1, 350, everyone)).toEqual({ answer: [1], reclaim: [] });
    expect(grants.of(1)).toEqual({ shard: 1, bytes: 400, version: 2 });
  });

  it('are reclaimed from the others when the reserve is short, and answered when the last has said what it keeps', () => {
    const grants = book(1600, 4);
    expect(grants.request(1, 1400, everyone)).toEqual({ answer: [], reclaim: [2, 3, 4] });
    expect(grants.returned(2, 10, 1)).toEqual({ answer: [], reclaim: [] });
    expect(grants.returned(3, 0, 1)).toEqual({ answer: [], reclaim: [] });
    expect(grants.returned(4, 50, 1)).toEqual({ answer: [1], reclaim: [] });
    expect(grants.of(1)?.bytes).toBeGreaterThanOrEqual(1400);
    expect(grants.reclaiming).toBe(false);
  });

  it('stay as they are, with a new version, when the quota is used up', () => {
    const grants = book(1600, 2);
    grants.request(1, 1500, everyone);
    expect(grants.returned(2, 600, 1)).toEqual({ answer: [1], reclaim: [] });
    expect(grants.of(1)).toEqual({ shard: 1, bytes: 600, version: 2 });
    expect(grants.request(1, 1601, everyone)).toEqual({ answer: [1], reclaim: [] });
  });

  it('are answered from what there is when shards do not reply or cannot be reached', () => {
    const grants = book(1600, 4);
    grants.request(1, 900, everyone);
    grants.returned(2, 0, 1);
    expect(grants.expire()).toEqual({ answer: [1], reclaim: [] });
    expect(grants.of(1)?.bytes).toBe(900);
    expect(grants.request(3, 1500, (shard) => shard === 4)).toEqual({ answer: [], reclaim: [4] });
    expect(grants.unreachable(4)).toEqual({ answer: [3], reclaim: [] });
    expect(grants.request(3, 1500, () => false).answer).toEqual([3]);
  });

  it('do not believe an answer that crossed a raise', () => {
    const grants = book(1600, 4);
    grants.request(1, 1500, everyone);
    expect(grants.request(2, 400, everyone).answer).toEqual([2]);
    grants.returned(2, 0, 1);
    expect(grants.of(2)?.bytes).toBe(400);
  });

  it('count the larger of both when a node comes back, and ask for what is too much', () => {
    const grants = book(1600, 2);
    expect(grants.reconcile(1, 100, 1)).toEqual({ answer: [], reclaim: [] });
    expect(grants.of(1)?.bytes).toBe(600);
    expect(grants.reconcile(1, 900, 3)).toEqual({ answer: [], reclaim: [1] });
    expect(grants.of(1)).toEqual({ shard: 1, bytes: 900, version: 3 });
    grants.returned(1, 20, 3);
    expect(grants.of(1)?.bytes).toBe(20);
  });

  it('are asked back when the quota shrinks', () => {
    const grants = book(1600, 2);
    expect(grants.resize(3200).reclaim).toEqual([]);
    expect(grants.resize(1000).reclaim).toEqual([1, 2]);
    expect(grants.reserveBytes).toBe(0);
  });
});

describe('grants of slots that move', () => {
  it('are given to new shards from the reserve, and asked back from those that have no slots any more', () => {
    const grants = book(1600, 2);
    const weights = [1, 3, 4].map((shard) => ({ shard, weight: 1 }));
    expect(grants.redeal(weights, new Set())).toEqual({ answer: [], reclaim: [2] });
    expect([1, 2, 3, 4].map((shard) => grants.of(shard)?.bytes)).toEqual([600, 600, 400, 0]);
    grants.returned(2, 0, 1);
    expect(grants.reserveBytes).toBe(600);
    expect(grants.redeal(weights, new Set())).toEqual({ answer: [], reclaim: [] });
    expect(grants.of(4)).toEqual({ shard: 4, bytes: 400, version: 2 });
  });

  it('are free again when a shard is gone for good', () => {
    const grants = book(1600, 2);
    expect(grants.redeal([{ shard: 3, weight: 1 }], new Set([1, 2]))).toEqual({ answer: [], reclaim: [] });
    expect([1, 2, 3].map((shard) => grants.of(shard)?.bytes)).toEqual([0, 0, 1600]);
  });

  it('of a shard that is waited for are not waited for once it is gone', () => {
    const grants = book(1600, 3);
    grants.request(1, 1500, everyone);
    grants.returned(2, 0, 1);
    grants.redeal(
      [1, 2].map((shard) => ({ shard, weight: 1 })),
      new Set([3]),
    );
    expect(grants.reclaiming).toBe(false);
    expect(grants.of(1)?.bytes).toBeGreaterThanOrEqual(1500);
  });
});

/** A shard as it really is: what it may hold, what it holds, and messages under way to it and from it. */
interface ModelShard {
  held: number;
  version: number;
  used: number;
  inbox: ({ kind: 'grant'; bytes: number; version: number } | { kind: 'reclaim' })[];
  outbox: { bytes: number; version: number }[];
}

type Step = {
  shard: number;
  act: 'use' | 'free' | 'ask' | 'deliver' | 'reply' | 'expire' | 'restart' | 'rejoin' | 'redeal';
  amount: number;
};

class Model {
  readonly quota = 1000;
  grants = book(this.quota, 3);
  readonly shards = new Map<number, ModelShard>();

  constructor() {
    for (const { shard, bytes, version } of this.grants.record().grants) {
      this.shards.set(shard, { held: bytes, version, used: 0, inbox: [], outbox: [] });
    }
  }

  step({ shard: id, act, amount }: Step): void {
    const shard = this.shards.get(id) as ModelShard;
    if (act === 'use') shard.used = Math.min(shard.held, shard.used + amount);
    else if (act === 'free') shard.used = Math.max(0, shard.used - amount);
    else if (act === 'ask') this.act(this.grants.request(id, shard.used + amount, everyone));
    else if (act === 'deliver') this.deliver(shard);
    else if (act === 'expire') this.act(this.grants.expire());
    else if (act === 'redeal') this.redeal(amount);
    else if (act === 'restart') this.grants = GrantBook.restore(structuredClone(this.grants.record()));
    else if (act === 'reply') {
      const reply = shard.outbox.shift();
      if (reply !== undefined) this.act(this.grants.returned(id, reply.bytes, reply.version));
    } else this.rejoin(id, shard);
  }

  deliver(shard: ModelShard): void {
    const message = shard.inbox.shift();
    if (message?.kind === 'reclaim') {
      shard.held = Math.min(shard.held, shard.used);
      shard.outbox.push({ bytes: shard.held, version: shard.version });
    } else if (message !== undefined && message.version > shard.version) {
      shard.held = message.bytes;
      shard.version = message.version;
    }
  }

  /** The stream broke: what was under way is lost, the node says what it holds and is sent its grants. */
  rejoin(id: number, shard: ModelShard): void {
    shard.inbox = [];
    shard.outbox = [];
    this.act(this.grants.unreachable(id));
    shard.inbox = [];
    this.act(this.grants.reconcile(id, shard.held, shard.version));
    this.send(id);
  }

  /** Slots go to other shards, which the bits of a number say; all are sent what they have. */
  redeal(bits: number): void {
    const owners = [1, 2, 3].filter((shard) => (bits >> shard) & 1);
    if (owners.length === 0) return;
    this.act(
      this.grants.redeal(
        owners.map((shard) => ({ shard, weight: 1 + ((bits >> 4) % shard) })),
        new Set(),
      ),
    );
    for (const shard of this.shards.keys()) this.send(shard);
  }

  act({ answer, reclaim }: GrantOutcome): void {
    for (const id of reclaim) this.shards.get(id)?.inbox.push({ kind: 'reclaim' });
    for (const id of answer) this.send(id);
  }

  send(id: number): void {
    const grant = this.grants.of(id);
    if (grant !== undefined) this.shards.get(id)?.inbox.push({ kind: 'grant', bytes: grant.bytes, version: grant.version });
  }

  heldInAll(): number {
    return [...this.shards.values()].reduce((sum, { held }) => sum + held, 0);
  }
}

describe('grants under any interleaving of requests, replies, losses and restarts', () => {
  const step = fc.record({
    shard: fc.integer({ min: 1, max: 3 }),
    act: fc.constantFrom<Step['act'][]>(
      'use',
      'use',
      'free',
      'ask',
      'ask',
      'deliver',
      'deliver',
      'reply',
      'reply',
      'expire',
      'restart',
      'rejoin',
      'redeal',
    ),
    amount: fc.nat(600),
  });

  it('never let shards hold more than the quota together', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const model = new Model();
        for (const each of steps) {
          model.step(each);
          expect(model.heldInAll()).toBeLessThanOrEqual(model.quota);
          const recorded = model.grants.record().grants.reduce((sum, { bytes }) => sum + bytes, 0);
          expect(recorded).toBeLessThanOrEqual(model.quota);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never refuse what fits when everybody replies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ shard: fc.integer({ min: 1, max: 3 }), amount: fc.nat(200) }), { maxLength: 60 }),
        (writes) => {
          const model = new Model();
          let total = 0;
          for (const { shard: id, amount } of writes) {
            const shard = model.shards.get(id) as ModelShard;
            if (shard.used + amount > shard.held) model.act(model.grants.request(id, shard.used + amount, everyone));
            for (let round = 0; round < 3; round++) {
              for (const other of model.shards.keys()) {
                for (let message = 0; message < 3; message++) model.step({ shard: other, act: 'deliver', amount: 0 });
                for (let message = 0; message < 3; message++) model.step({ shard: other, act: 'reply', amount: 0 });
              }
            }
            const fits = total + amount <= model.quota;
            expect(shard.used + amount <= shard.held).toBe(fits);
            if (fits) {
              shard.used += amount;
              total += amount;
            }
          }
        },
      ),
    );
  });
});
