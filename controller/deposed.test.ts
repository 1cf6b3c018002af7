import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryStateStore } from './state/memory.js';
import { FakeClock } from './testing/fake-clock.js';
import { FakeNode } from './testing/fake-node.js';
import { runController, type TestController } from './testing/run-controller.js';

let leads: boolean;
let test: TestController;
let node: FakeNode;
beforeEach(async () => {
  leads = true;
  test = await runController(new MemoryStateStore(), new FakeClock(), () => leads);
  node = new FakeNode(test.address, 'n1');
  await node.join();
});
afterEach(async () => {
  node.leave();
  await test.close();
});

const register = () => test.channel.call(test.channel.jobs, test.channel.jobs.registerJob, { name: 'sort', leaseSeconds: 5 });

/** Lets a job's lease lapse, and what follows take its course. */
async function lapse(): Promise<void> {
  for (let passed = 0; passed < 8000; passed += 250) {
    node.send({ heartbeat: { jobs: [] } });
    test.clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

it('a controller that leads tells nodes of a lease that lapsed', async () => {
  const { job } = await register();
  await lapse();
  expect((await node.saw((message) => message.end)).end?.job).toBe(job);
});

it('one that does not lead any more tells them nothing, and refuses calls so that they go elsewhere', async () => {
  await register();
  leads = false;
  await lapse();
  await expect(register()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('does not lead') });
  expect(node.messages.filter(({ end }) => end)).toEqual([]);
  expect(test.store.all('jobs').map(({ state }) => state.kind)).toEqual(['active']);
});

it('one that has closed does not try again what could not be written', async () => {
  await register();
  const other = new FakeNode(test.address, 'n2');
  await other.join();
  const { channel, clock, store } = test;
  node.leave();
  let refuse = (_error: Error) => {};
  const refused = new Promise<void>((_resolve, reject) => {
    refuse = reject;
  });
  refused.catch(() => {});
  const asked = new Promise<void>((resolve) => {
    store.commit = (changes) => {
      if (changes.some(({ collection }) => collection === 'jobs')) resolve();
      return refused;
    };
  });
  const remove = () => channel.call(channel.fleet, channel.fleet.removeNode, { node: 'n1', lost: true });
  const removed = remove()
    .catch(remove)
    .catch(() => {});
  await asked;
  leads = false;
  await test.close();
  refuse(new Error('does not lead any more'));
  await removed;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(clock.waiting).toBe(0);
  other.leave();
});
