import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { listenForNothing } from './server.js';

test('every GET is answered with a value of that size, everything else with OK', async () => {
  const { port, server } = await listenForNothing(1024);
  const redis = new Redis({ host: '127.0.0.1', port, enableReadyCheck: false });
  expect(await redis.set('a', 'b')).toBe('OK');
  expect((await redis.getBuffer('never-set'))?.length).toBe(1024);
  const many = await Promise.all(Array.from({ length: 3000 }, (_, index) => (index % 2 ? redis.set('k', 'v') : redis.get('k'))));
  expect(many.map((reply) => reply?.length)).toEqual(many.map((_, index) => (index % 2 ? 2 : 1024)));
  redis.disconnect();
  server.close();
});
