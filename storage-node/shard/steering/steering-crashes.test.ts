import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { BreakingProxy } from '../testing/breaking-proxy.js';
import { judgedCommands, KeyJudge } from '../testing/crash-judge.js';
import { MovesController } from '../testing/moves-controller.js';
import { SlotMoves } from '../testing/slot-moves.js';
import { SteeredClient } from '../testing/steered-client.js';
import { TestFleet } from '../testing/test-fleet.js';

const runs = Number(process.env['SATCHEL_STEERING_RUNS'] ?? 6);
const shards = 3;
const workers = 4;
const slots = 16_384;
const keysOfWorker = 6;

let fleet: TestFleet | undefined;
let proxies: BreakingProxy[] = [];
afterEach(() => {
  fleet?.close();
  for (const proxy of proxies) proxy.close();
  proxies = [];
});

test('of a slot that is empty only in part, what a shard had taken over before it died is lost, not missing', async () => {
  fleet = await TestFleet.start({ shards: 2, losesData: true });
  const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  const tell = () => {
    for (const shard of fleet?.shards ?? []) shard.configure(moves.configuration);
  };
  tell();
  const before = await fleet.client('job', { direct: true });
  for (const key of ['{t}kept', '{t}changed', '{t}deleted']) await before.call('SET', key, 'old');
  moves.move(0, slots, 2);
  tell();
  const client = await fleet.client('job', { shard: 2, direct: true });
  expect(await client.call('APPEND', '{t}changed', 'er')).toBe(5);
  expect(await client.call('DEL', '{t}deleted')).toBe(1);
  expect(await client.call('SET', '{t}new', 'x')).toBe('OK');
  await fleet.shard(2).restart();
  const later = await fleet.client('job', { shard: 2, direct: true });
  expect(await later.call('GET', '{t}kept')).toBe('old');
  for (const key of ['{t}changed', '{t}deleted', '{t}new']) {
    expect(await later.call('GET', key)).toMatch(/^-LOST /);
    expect(await later.call('APPEND', key, 'more')).toMatch(/^-LOST /);
    expect(await later.call('DEL', key)).toBe(0);
    expect(await later.call('GET', key)).toBe(null);
  }
  expect(await later.call('APPEND', '{t}kept', 'er')).toBe(5);
});

const step = fc.record({
  start: fc.integer({ min: 0, max: slots - 1 }),
  share: fc.constantFrom(slots, slots / 2),
  shard: fc.integer({ min: 1, max: shards }),
  delaysMs: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: shards, maxLength: shards }),
  pauseMs: fc.integer({ min: 0, max: 60 }),
  /** Shards that die then, one after the other. */
  dies: fc.array(fc.integer({ min: 1, max: shards }), { maxLength: 2 }),
  /** Bytes that then still pass to and from a shard before its connections break. */
  breaks: fc.option(fc.tuple(fc.integer({ min: 1, max: shards }), fc.integer({ min: 0, max: 3000 }))),
});

test.each([
  ['shards die and links break', true],
  ['links break', false],
])(
  'while slots move and %s, what was acknowledged is read back, or said to be lost with a shard',
  async (_, mayDie) => {
    const run = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), fc.nat(), async (steps, seed) => {
      const started = await TestFleet.start({ shards, losesData: true });
      fleet = started;
      const opened = await Promise.all(started.shards.map(({ address }) => BreakingProxy.start(address.directPort)));
      proxies = opened;
      for (const [index, shard] of started.shards.entries()) shard.moveTo(opened[index]?.port ?? 0);
      const controller = new MovesController(started);
      const working = Array.from({ length: workers }, (_, index) => new Worker(started, index, seed + index));
      try {
        const worked = Promise.all(working.map((worker) => worker.done));
        for (const { start, share, shard, delaysMs, pauseMs, dies, breaks } of steps) {
          controller.tell(controller.moves.move(start, Math.min(slots, start + share), shard), delaysMs);
          if (breaks !== null) opened[breaks[0] - 1]?.breakAfter(breaks[1]);
          await Promise.race([new Promise((resolve) => setTimeout(resolve, pauseMs)), worked]);
          for (const dead of mayDie ? dies : []) {
            for (const worker of working) worker.shardDied();
            await started.shard(dead).restart();
          }
          controller.listen(delaysMs);
        }
        for (const worker of working) worker.stop();
        await worked;
        await controller.settled();
      } finally {
        for (const worker of working) worker.stop();
        started.close();
        for (const proxy of opened) proxy.close();
      }
    });
    await fc.assert(run, { numRuns: runs, endOnFailure: true });
  },
  60_000 + runs * 20_000,
);

/** Commands on a few keys, one at a time, each answer judged. */
class Worker {
  readonly done: Promise<void>;
  readonly #judges = Array.from({ length: keysOfWorker }, () => new KeyJudge());
  readonly #client: SteeredClient;
  readonly #index: number;
  #state: number;
  #deaths = 0;
  #stopped = false;

  constructor(started: TestFleet, index: number, seed: number) {
    this.#index = index;
    this.#state = seed;
    this.#client = new SteeredClient(started, (index % shards) + 1, index % 2 === 0);
    this.done = this.#run();
    this.done.catch(() => {});
  }

  shardDied(): void {
    this.#deaths++;
    for (const judge of this.#judges) judge.shardDied();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      await this.#command(this.#draw(keysOfWorker), judgedCommands[this.#draw(judgedCommands.length)] as string, `${count};`);
      await new Promise((resolve) => setTimeout(resolve, this.#draw(3)));
    }
    for (let key = 0; key < keysOfWorker; key++) await this.#command(key, 'GET', '');
  }

  async #command(number: number, name: string, argument: string): Promise<void> {
    const key = this.#index === 0 ? `{tag}${number}` : `${this.#index}-${number}`;
    const words = ['GET', 'DEL', 'GETDEL'].includes(name) ? [name, key] : [name, key, argument];
    const judge = this.#judges[number] as KeyJudge;
    const deaths = this.#deaths;
    const answer = await this.#client.call(...words);
    if (answer === 'closed' || String(answer).startsWith('-UNKNOWN')) return judge.unknown(name, argument);
    const possible = judge.answered(name, argument, answer);
    // It may have come just before the shard died.
    if (deaths !== this.#deaths) judge.shardDied();
    if (possible !== undefined) throw new Error(`${words.join(' ')}: ${String(answer)}, but possible was ${possible}`);
  }

  #draw(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.#state >>> 8) % below;
  }
}
