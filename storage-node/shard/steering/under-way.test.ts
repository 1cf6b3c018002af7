import { expect, test } from 'vitest';
import { UnderWay } from './under-way.js';

test('who waits for commands under way waits for those that had begun, and for no later one', async () => {
  const commands = new UnderWay();
  const first = commands.started();
  const second = commands.started();
  const told: string[] = [];
  const ended = commands.ended().then(() => told.push('both'));
  const later = commands.started();
  const all = commands.ended().then(() => told.push('all'));
  commands.finished(second);
  commands.finished(later);
  await Promise.resolve();
  expect(told).toEqual([]);
  commands.finished(first);
  await Promise.all([ended, all]);
  expect(told.sort()).toEqual(['all', 'both']);
  commands.started();
  const more = commands.started();
  commands.finished(more);
  expect(await Promise.race([commands.ended().then(() => 'ended'), Promise.resolve('waits')])).toBe('waits');
});

test('who finds nothing under way does not wait', async () => {
  const commands = new UnderWay();
  commands.finished(commands.started());
  await commands.ended();
});
