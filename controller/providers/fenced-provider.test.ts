import { expect, it, vi } from 'vitest';
import { fencedProvider } from './fenced-provider.js';
import type { NodeProvider } from './node-provider.js';

it('starts and removes nodes only while its controller leads', async () => {
  const start = vi.fn(async () => ['n1']);
  const remove = vi.fn(async () => {});
  const provider: NodeProvider = {
    kind: 'static',
    shapes: [],
    nodes: async () => [],
    start,
    removable: async (nodes) => nodes,
    remove,
    close: async () => {},
  };
  let leads = true;
  const fenced = fencedProvider(provider, () => leads);
  expect(await fenced.start('small', 1)).toEqual(['n1']);
  await fenced.remove('n1');
  leads = false;
  await expect(fenced.start('small', 1)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(fenced.remove('n1')).rejects.toMatchObject({ code: 'unavailable' });
  expect(await fenced.removable(['n1'])).toEqual(['n1']);
  expect([start.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
});
