import { expect, test } from 'vitest';
import { ReservedBytes } from './reserved-bytes.js';

const membership = { shards: [7, 9], publicKeyJwk: '', linkToken: '', heartbeatMs: 1000 };

test('a shard hears of what is reserved when it changes, and again when it begins anew', () => {
  const told: [number, unknown][] = [];
  const reserved = new ReservedBytes((index, message) => told.push([index, message]));
  reserved.tellAgain(0);
  const says = (seven: number, nine: number) =>
    reserved.told(
      [
        { shard: 7, dramBytes: seven, ssdBytes: 1 },
        { shard: 9, dramBytes: 2, ssdBytes: nine },
        { shard: 8, dramBytes: 1, ssdBytes: 1 },
      ],
      membership,
    );
  says(100, 0);
  says(100, 5);
  reserved.told([{ shard: 7, dramBytes: 3, ssdBytes: 3 }], undefined);
  reserved.tellAgain(1);
  const message = (dramBytes: number, ssdBytes: number) => ({ kind: 'reserved', dramBytes, ssdBytes });
  expect(told).toEqual([
    [0, message(100, 1)],
    [1, message(2, 0)],
    [1, message(2, 5)],
    [1, message(2, 5)],
  ]);
});
