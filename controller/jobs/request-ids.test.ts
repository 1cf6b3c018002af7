import { expect, it } from 'vitest';
import { useController } from '../testing/use-controller.js';

const controller = useController();
const requestId = 'a-registration';

it('a registration that comes again is answered with the same job, and is counted once', async () => {
  await controller.joinNode('n1');
  const first = await controller.register({ requestId });
  const second = await controller.register({ requestId });
  expect(second).toMatchObject({ job: first.job, leaseSeconds: first.leaseSeconds, allocation: first.allocation });
  expect((await controller.register({ requestId: 'another-one' })).job).not.toBe(first.job);
  expect((await controller.register()).job).not.toBe((await controller.register()).job);
});

it('the same id in another namespace is another registration', async () => {
  await controller.joinNode('n1');
  const first = await controller.register({ requestId, namespace: 'one' });
  expect((await controller.register({ requestId, namespace: 'two' })).job).not.toBe(first.job);
});

it('two of them at once make one job', async () => {
  await controller.joinNode('n1');
  const both = await Promise.all([controller.register({ requestId }), controller.register({ requestId })]);
  expect(both[1]?.job).toBe(both[0]?.job);
});

it('it is known after a restart, and forgotten after a while', async () => {
  await controller.joinNode('n1');
  const { job } = await controller.register({ requestId });
  await controller.restart(60_000);
  await controller.joinNode('n1');
  expect((await controller.register({ requestId })).job).toBe(job);
  await controller.restart(10 * 60_000);
  await controller.joinNode('n1');
  expect((await controller.register({ requestId })).job).not.toBe(job);
});

it('one that failed can be tried again, and one whose job has ended says so', async () => {
  await expect(controller.register({ requestId })).rejects.toMatchObject({ code: 'unavailable' });
  await controller.joinNode('n1');
  const { job } = await controller.register({ requestId });
  await controller.endJob(job);
  await expect(controller.register({ requestId })).rejects.toMatchObject({ code: 'no-job' });
});

it.each(['short', 'x'.repeat(65), 'with space'])('an id of another form is refused: %s', async (text) => {
  await controller.joinNode('n1');
  await expect(controller.register({ requestId: text })).rejects.toMatchObject({ code: 'invalid-argument' });
});
