import { SatchelError } from '@satchel/proto/core';
import { expect, it } from 'vitest';
import { MemoryStateStore } from '../state/memory.js';
import type { Change } from '../state/state-store.js';
import { FakeNode } from '../testing/fake-node.js';
import { runController } from '../testing/run-controller.js';

/** State on a disk that is full while `full` is set. */
class FillingStore extends MemoryStateStore {
  full = false;

  override async commit(changes: readonly Change[]): Promise<void> {
    if (this.full) throw new SatchelError('unavailable', 'the controller cannot write its state: the disk is full');
    await super.commit(changes);
  }
}

it('a drain that cannot be written down is refused and changes nothing; neither does one that is taken back', async () => {
  const store = new FillingStore();
  const test = await runController(store);
  const node = new FakeNode(test.address, 'n1');
  await node.join();
  const { fleet } = test.channel;
  const state = async () => (await test.channel.call(fleet, fleet.listNodes, {})).nodes.map((each) => each.state);
  const stored = () => store.all('nodes').map(({ draining }) => draining);
  store.full = true;
  await expect(test.channel.call(fleet, fleet.drainNode, { node: 'n1' })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('the disk is full'),
  });
  expect([await state(), stored()]).toEqual([['up'], [false]]);
  expect(node.messages.some(({ drain }) => drain)).toBe(false);
  store.full = false;
  // A job keeps the node from leaving.
  await test.channel.call(test.channel.jobs, test.channel.jobs.registerJob, { name: 'sort' });
  await test.channel.call(fleet, fleet.drainNode, { node: 'n1' });
  expect([await state(), stored()]).toEqual([['draining'], [true]]);
  store.full = true;
  await expect(test.channel.call(fleet, fleet.undrainNode, { node: 'n1' })).rejects.toThrow('the disk is full');
  expect([await state(), stored()]).toEqual([['draining'], [true]]);
  node.leave();
  await test.close();
});
