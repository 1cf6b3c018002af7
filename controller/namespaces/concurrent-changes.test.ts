import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryStateStore } from '../state/memory.js';
import { FakeNode } from '../testing/fake-node.js';
import { runController, type TestController } from '../testing/run-controller.js';

const MiB = 2 ** 20;

/** A store whose commits wait until told, and then succeed or fail. */
class HeldStore extends MemoryStateStore {
  held: (() => void)[] | undefined;
  #fails = false;

  override async commit(...[changes]: Parameters<MemoryStateStore['commit']>): Promise<void> {
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (this.#fails) throw new Error('disk full');
    await super.commit(changes);
  }

  hold(): void {
    this.held = [];
  }

  release(fails = false): void {
    this.#fails = fails;
    for (const resolve of this.held ?? []) resolve();
    this.held = undefined;
  }

  recover(): void {
    this.#fails = false;
  }
}

let store: HeldStore;
let running: TestController;
const nodes: FakeNode[] = [];
beforeEach(async () => {
  store = new HeldStore();
  running = await runController(store);
});
afterEach(async () => {
  for (const node of nodes.splice(0)) node.leave();
  await running.close();
});

async function join(name: string): Promise<void> {
  const node = new FakeNode(running.address, name, 1);
  nodes.push(node);
  await node.join();
}
const register = (capacityBytes: number) => {
  const { channel } = running;
  return channel.call(channel.jobs, channel.jobs.registerJob, { name: 'x', namespace: 'team', hints: { capacityBytes } });
};
const scale = (job: string, capacityBytes: number) => {
  const { channel } = running;
  return channel.call(channel.jobs, channel.jobs.scaleJob, { job, hints: { capacityBytes } });
};
const limit = (limits: { bytes?: number; nodes?: number }) => {
  const { channel } = running;
  return channel.call(channel.jobs, channel.jobs.setNamespace, { namespace: 'team', limits });
};
const team = async () => {
  const { channel } = running;
  return (await channel.call(channel.jobs, channel.jobs.listNamespaces, { namespace: 'team' })).namespaces[0];
};

async function scaleBoth(jobs: readonly [string, string], capacityBytes: number, fails = false) {
  store.hold();
  const scaling = Promise.allSettled(jobs.map((job) => scale(job, capacityBytes)));
  // Both have been decided on, or refused, once a call that came after them has been answered.
  await team();
  store.release(fails);
  const results = await scaling;
  store.recover();
  return results.map(({ status }) => status).sort();
}

test('two jobs that grow at the same time stay within the limit of bytes together', async () => {
  await join('n1');
  await limit({ bytes: 100 * MiB });
  const [a, b] = [await register(40 * MiB), await register(40 * MiB)];
  expect(await scaleBoth([a.job, b.job], 60 * MiB)).toEqual(['fulfilled', 'rejected']);
  expect(await team()).toMatchObject({ jobs: 2, bytes: 100 * MiB });
});

test('two jobs that grow at the same time stay within the limit of nodes together', async () => {
  await join('n1');
  await limit({ nodes: 2 });
  const [a, b] = [await register(40 * MiB), await register(40 * MiB)];
  for (const name of ['n2', 'n3', 'n4', 'n5']) await join(name);
  expect(await scaleBoth([a.job, b.job], 1800 * MiB)).toEqual(['fulfilled', 'fulfilled']);
  expect((await team())?.nodes).toBe(2);
});

test('what could not be written is not counted, and its quota is not given out', async () => {
  await join('n1');
  const [a, b] = [await register(40 * MiB), await register(40 * MiB)];
  expect(await scaleBoth([a.job, b.job], 60 * MiB, true)).toEqual(['rejected', 'rejected']);
  expect(await team()).toMatchObject({ jobs: 2, bytes: 80 * MiB });
  const { channel } = running;
  const shown = await channel.call(channel.jobs, channel.jobs.getJob, { job: a.job });
  expect(shown.allocation?.quotaBytes).toBe(40 * MiB);
  await limit({ bytes: 100 * MiB });
  await scale(a.job, 60 * MiB);
  // A shard that asks for what the job was not given is answered, with no more than there is.
  nodes[0]?.send({ grantRequest: { job: b.job, shard: b.slotMap?.ranges[0]?.shard ?? 0, bytes: 50 * MiB } });
  const book = () => store.all('grants').find(({ job }) => job === b.job);
  await vi.waitFor(() => expect(book()).toMatchObject({ quotaBytes: 40 * MiB, grants: [{ bytes: 40 * MiB }] }));
});
