import type { NodeUsage__Output } from '@satchel/proto/gen';
import { expect, test } from 'vitest';
import { NodeMeter } from './node-meter.js';

const usage = (given: Partial<NodeUsage__Output>): NodeUsage__Output => ({
  ...{ dramUsedBytes: 0, dramReservedBytes: 0, ssdUsedBytes: 0, cpu: 0, bytesIn: 0, bytesOut: 0, connections: 0 },
  ...given,
});

test('bytes held count as they are', () => {
  const meter = new NodeMeter(10_000);
  meter.read(usage({ dramUsedBytes: 5, ssdUsedBytes: 7 }), 0);
  meter.read(usage({ dramUsedBytes: 50, ssdUsedBytes: 70 }), 1000);
  expect(meter.used).toMatchObject({ dram: 50, ssd: 70 });
});

test('rates are what successive heartbeats differ by, in both directions together', () => {
  const meter = new NodeMeter(10_000);
  meter.read(usage({ bytesIn: 1000, bytesOut: 500 }), 0);
  expect(meter.used.network).toBe(0);
  meter.read(usage({ bytesIn: 2000, bytesOut: 1500 }), 2000);
  expect(meter.used.network).toBe(1000);
});

test('a heartbeat that was read before counts once, and counters that begin anew say nothing', () => {
  const meter = new NodeMeter(10_000);
  meter.read(usage({ bytesIn: 1000 }), 1000);
  meter.read(usage({ bytesIn: 2000 }), 2000);
  meter.read(usage({ bytesIn: 2000 }), 2000);
  expect(meter.used.network).toBe(1000);
  meter.read(usage({ bytesIn: 0 }), 3000);
  expect(meter.used.network).toBe(1000);
  meter.read(usage({ bytesIn: 1000 }), 4000);
  expect(meter.used.network).toBe(1000);
});

test('a step of the load is seen to two thirds after the time constant', () => {
  const meter = new NodeMeter(10_000);
  meter.read(usage({ cpu: 0 }), 0);
  for (let second = 1; second <= 10; second++) meter.read(usage({ cpu: 1 }), second * 1000);
  expect(meter.used.cpu).toBeCloseTo(1 - Math.exp(-1), 5);
});
