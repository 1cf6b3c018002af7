import { slotOf } from '@satchel/proto/core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from './store.js';
import { ScriptedCluster } from './testing/scripted-server.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(shards: number): Promise<{ cluster: ScriptedCluster; store: Store }> {
  const cluster = await ScriptedCluster.start(shards);
  const store = connect(cluster.url, { socketDir: '' });
  cleanups.push(
    () => cluster.stop(),
    async () => store.destroy(),
  );
  return { cluster, store };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const keyOf = (cluster: ScriptedCluster, shard: number, after = 0): string => {
  for (let index = after; ; index++) if (cluster.ownerOf(slotOf(`key-${index}`)) === shard) return `key-${index}`;
};
const valuesOf = (cluster: ScriptedCluster, key: string): string[] =>
  cluster.carriedOut.filter(([name]) => name === key).map(([, value]) => value);

test('a new call waits for those on its key that the owner before has not answered yet', async () => {
  const { cluster, store } = await start(3);
  const [moving, sign] = [keyOf(cluster, 1), keyOf(cluster, 2)];
  await Promise.all([store.put(moving, '0'), store.put(sign, '0')]);
  const late: (() => void)[] = [];
  cluster.script = ([name, key], connection) => {
    if (name === 'SET' && key === moving && late.length < 2) {
      late.push(() => connection.reply(`-MOVED ${slotOf(moving)} 127.0.0.1:${cluster.shards[0]?.directPort}\r\n`));
    } else if (name === 'PING') late.push(() => connection.reply('+PONG\r\n'));
    else return false;
    return true;
  };
  const first = [store.put(moving, '1'), store.put(moving, '2')];
  while (late.length < 2) await turn();
  const before = cluster.ownerOf;
  cluster.ownerOf = (slot) => (slot === slotOf(moving) || slot === slotOf(sign) ? 0 : before(slot));
  // Following this key brings the new slot map.
  await store.put(sign, '1');
  const asked = (): number => cluster.seen.filter(([, what]) => what === 'SLOTS').length;
  while (asked() < 2) await store.count();
  await store.count();
  const later = [store.put(moving, '3'), store.put(moving, '4'), store.get(moving, { as: 'text' })];
  await store.count();
  expect(valuesOf(cluster, moving)).toEqual(['0']);
  cluster.script = () => false;
  for (const answer of late.splice(0)) answer();
  expect((await Promise.all([...first, ...later])).at(-1)).toBe('4');
  expect(valuesOf(cluster, moving)).toEqual(['0', '1', '2', '3', '4']);
});

test('calls that wait for their slot to settle time out, are aborted, and end with the store', async () => {
  const { cluster, store } = await start(2);
  const moving = keyOf(cluster, 1);
  await store.put(moving, '0');
  cluster.script = ([name], connection) => {
    if (name === 'SET') connection.reply(`-MOVED ${slotOf(moving)} 127.0.0.1:${cluster.shards[1]?.directPort}\r\n`);
    return name === 'SET';
  };
  const lost = store.put(moving, '1').catch((error) => error.code);
  while (cluster.seen.filter(([name]) => name === 'SET').length < 4) await turn();
  const timed = store.get(moving, { timeoutMs: 60 }).catch((error) => error.code);
  const aborted = store.get(moving, { signal: AbortSignal.timeout(20) }).catch((error) => error.name);
  expect(await Promise.all([timed, aborted])).toEqual(['timeout', 'TimeoutError']);
  const ended = store.get(moving).catch((error) => error.code);
  store.destroy();
  expect(await Promise.all([lost, ended])).toEqual(['unavailable', 'unavailable']);
});

test('calls that wait at a URL endpoint that is gone go to the shards that get its slots, in their order', async () => {
  const { cluster, store } = await start(2);
  const [moving, other] = [keyOf(cluster, 0), keyOf(cluster, 1)];
  await Promise.all([store.put(moving, '0'), store.put(other, '0')]);
  const endpoint = cluster.shards[0];
  cluster.close(endpoint?.endpointPort ?? 0);
  cluster.close(endpoint?.directPort ?? 0);
  const asked = (): number => cluster.seen.filter(([, what]) => what === 'SLOTS').length;
  const before = asked();
  const read = store.get(moving, { as: 'text' });
  // When it has noticed that the endpoint is gone it asks another shard for the slot map, which has not changed yet.
  while (asked() === before) await store.get(other);
  const later = [store.put(moving, '1'), store.put(moving, '2'), store.get(moving, { as: 'text' })];
  cluster.ownerOf = () => 1;
  // The scripted shards hand nothing over.
  expect(await read).toBeUndefined();
  expect((await Promise.all(later)).at(-1)).toBe('2');
  expect(valuesOf(cluster, moving)).toEqual(['0', '1', '2']);
});

const move = fc.record({
  key: fc.nat(2),
  to: fc.nat(2),
  /** After how many commands the slot moves, and after how many more its new owner and the slot map know. */
  after: fc.nat(12),
  lag: fc.nat(6),
  mapLag: fc.nat(6),
});

test('however slots move, and whichever shard learns of it late, puts on one key are carried out once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { maxLength: 8 }),
      fc.array(fc.oneof(fc.nat(2), fc.constantFrom('turn' as const, 'pause' as const)), { minLength: 5, maxLength: 60 }),
      async (moves, steps) => {
        const { cluster, store } = await start(3);
        const keys = ['foo', 'bar', 'hello'];
        const initial = cluster.ownerOf;
        // By key: what each shard believes, and last what the slot map says.
        const views = new Map(keys.map((key) => [slotOf(key), new Array<number>(4).fill(initial(slotOf(key)))]));
        const truth = new Map([...views.keys()].map((slot) => [slot, initial(slot)]));
        cluster.ownerOf = (slot) => views.get(slot)?.[3] ?? initial(slot);
        cluster.viewOf = (shard, slot) => views.get(slot)?.[shard] ?? initial(slot);
        let count = 0;
        let nextMove = 0;
        const due: { at: number; run: () => void }[] = [];
        const begin = (one: (typeof moves)[number]): void => {
          const slot = slotOf(keys[one.key] ?? '');
          const view = views.get(slot) ?? [];
          const from = truth.get(slot) ?? 0;
          // A slot moves on only when all know of the move before.
          if (from === one.to || view.some((owner) => owner !== from)) return;
          truth.set(slot, one.to);
          view[from] = one.to;
          due.push(
            { at: count + one.lag, run: () => view.fill(one.to, 0, 3) },
            { at: count + one.mapLag, run: () => view.fill(one.to, 3) },
          );
        };
        cluster.script = () => {
          count++;
          for (let one = moves[nextMove]; one !== undefined && count >= one.after + nextMove * 8; one = moves[++nextMove])
            begin(one);
          for (const one of due.splice(0)) {
            if (one.at <= count) one.run();
            else due.push(one);
          }
          return false;
        };
        const puts: Promise<boolean>[] = [];
        for (const [index, step] of steps.entries()) {
          if (step === 'turn') await turn();
          else if (step === 'pause') await store.count();
          else puts.push(store.put(keys[step] ?? '', String(index)));
        }
        expect((await Promise.all(puts)).every(Boolean)).toBe(true);
        for (const [number, key] of keys.entries()) {
          const made = steps.flatMap((step, index) => (step === number ? [String(index)] : []));
          expect(valuesOf(cluster, key)).toEqual(made);
        }
        store.destroy();
        await cluster.stop();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
