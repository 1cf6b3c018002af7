import { expect, test } from 'vitest';
import { parseHints } from './hints.js';

test('hints take text and numbers and come out in bytes', () => {
  expect(parseHints({ capacity: '10GiB', throughput: '1GiB/s', functions: 100 })).toEqual({
    capacity: 10 * 2 ** 30,
    throughput: 2 ** 30,
    functions: 100,
  });
  expect(parseHints({ requests: '5k/s', valueSize: '64KiB', lifetimeSeconds: '10m' })).toEqual({
    requests: 5000,
    valueSize: 65_536,
    lifetimeSeconds: 600,
  });
});

test('parsed hints can be parsed again', () => {
  const hints = parseHints({ capacity: '1GiB', throughput: '1MiB/s', requests: '7/s', lifetimeSeconds: '500ms', evict: 'lru' });
  expect(parseHints(hints)).toEqual(hints);
});

test.each([
  [{ capacity: 'much' }, "'much' is not a size"],
  [{ capacity: 0 }, 'capacity'],
  [{ functions: 1.5 }, 'functions'],
  [{ capacity: -5 }, 'hint capacity: -5 was given; give a size above 0'],
  [{ capacity: '10Gib' }, "hint capacity: '10Gib' is not a size such as 64MiB, 10GiB or 4096; its unit is none of B, KiB"],
  [{ throughput: 'fast' }, "hint throughput: 'fast' is not a rate"],
  [{ requests: '5000/m' }, "hint requests: '5000/m' is not a rate such as 5000/s"],
  [{ valueSize: '2PiB' }, 'hint valueSize'],
  [{ lifetimeSeconds: '10 minutes' }, "hint lifetimeSeconds: '10 minutes' is not a duration"],
  [{ lifetimeSeconds: 1e9 }, 'at most 366 days'],
  [{ latencySensitive: 'yes' }, 'hint latencySensitive: "yes" was given; give true or false'],
  [{ evict: 'fifo' }, 'evict'],
  [{ replicas: 2 }, 'does not replicate yet'],
  [{ colour: 'red' }, 'hint colour is not known; the hints are capacity, throughput'],
])('hints %j are refused with the reason', (hints, reason) => {
  expect(() => parseHints(hints as never)).toThrow(reason);
});
