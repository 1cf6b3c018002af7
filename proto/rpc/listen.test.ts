import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from './listen.js';

test('a taken port gives way upward, but not beyond the ports that may be tried', async () => {
  const first = await listen(createServer(), '127.0.0.1', 0);
  const second = await listen(createServer(), '127.0.0.1', first.port, 100);
  expect(second.port).toBeGreaterThan(first.port);
  await expect(listen(createServer(), '127.0.0.1', first.port, 0)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`127.0.0.1:${first.port}`),
  });
  await Promise.all([first.close(), second.close()]);
  const again = await listen(createServer(), '127.0.0.1', first.port, 0);
  expect(again.port).toBe(first.port);
  await again.close();
});

test('an address that is not ours is unavailable at once', async () => {
  await expect(listen(createServer(), '192.0.2.1', 0)).rejects.toMatchObject({ code: 'unavailable' });
});
