import { pino } from 'pino';
import { expect, test } from 'vitest';
import { NodeSession } from '../node-session.js';
import { Fleet } from '../nodes.js';
import { MemoryStateStore } from '../state/memory.js';
import { FakeClock } from '../testing/fake-clock.js';
import type { NodeIntroduction } from './node-records.js';

const session = () => new NodeSession('n1', { send: () => {}, end: () => {} });
const introduction = (contents: string): NodeIntroduction => ({
  ...{ node: 'n1', host: 'h', dramBytes: 1, ssdBytes: 1, throughputBytesPerSecond: 1, version: 'v', http: 'h:1' },
  shards: [{ index: 0, endpointPort: 7500, directPort: 7501, socket: '/s', contents }],
});

/** A fleet whose next write of losses, or of a node, may be made to fail. */
function newFleet() {
  const emptied: (readonly number[])[] = [];
  const failing = { emptied: false, commit: false };
  const store = new MemoryStateStore();
  const commit = store.commit.bind(store);
  store.commit = (changes) => (failing.commit ? Promise.reject(new Error('disk full')) : commit(changes));
  const environment = { store, clock: new FakeClock(), log: pino({ level: 'silent' }) };
  const fleet = new Fleet(
    environment,
    { format: 1, privateKeyJwk: '', nextShard: 1 },
    {
      shardsChanged: () => {},
      disconnected: () => {},
      lost: () => {},
      emptied: async (_, shards) => {
        if (failing.emptied) throw new Error('disk full');
        emptied.push(shards);
      },
    },
  );
  return { fleet, emptied, failing };
}

test('what a node lost is found again when writing it down failed', async () => {
  const { fleet, emptied, failing } = newFleet();
  await fleet.join(introduction('old'), session());
  for (const what of ['emptied', 'commit'] as const) {
    failing[what] = true;
    await expect(fleet.join(introduction('new'), session())).rejects.toThrow('disk full');
    failing[what] = false;
    expect(fleet.node('n1')).toMatchObject({
      record: { shards: [{ shard: 1, contents: 'old' }] },
      connection: { kind: 'awaited' },
    });
  }
  await fleet.join(introduction('new'), session());
  expect(emptied).toEqual([[1], [1]]);
  expect(fleet.node('n1')?.connection.kind).toBe('connected');
  fleet.close();
});

test('a node that cannot be written down has never been there', async () => {
  const { fleet, failing } = newFleet();
  failing.commit = true;
  await expect(fleet.join(introduction('a'), session())).rejects.toThrow('disk full');
  expect([...fleet.nodes()]).toEqual([]);
  fleet.close();
});

test('joins of one node run one after the other, and the last session counts', async () => {
  const { fleet, emptied } = newFleet();
  await fleet.join(introduction('old'), session());
  const [first, second] = [session(), session()];
  await Promise.all([fleet.join(introduction('new'), first), fleet.join(introduction('new'), second)]);
  expect(emptied).toEqual([[1]]);
  expect(fleet.session('n1')).toBe(second);
  fleet.disconnected(first);
  expect(fleet.node('n1')?.connection.kind).toBe('connected');
  fleet.close();
});
