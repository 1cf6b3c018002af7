import { expect, test } from 'vitest';
import { describeMachine, redisVersionOf } from './machine.js';
import { cpuSecondsOf, cpuTicksOf, residentBytesOf } from './process-usage.js';

test('the machine is described in full', () => {
  const { cpu, cores, memoryBytes, kernel, node, load } = describeMachine();
  expect([cpu, kernel, node].every((text) => text.length > 0)).toBe(true);
  expect([cores, memoryBytes].every((value) => value > 0)).toBe(true);
  expect(load).toBeGreaterThanOrEqual(0);
});

test('the version of Redis is found in what it prints', () => {
  expect(redisVersionOf('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1')).toBe('7.0.15');
  expect(redisVersionOf('')).toBeUndefined();
});

test('processor time is read whatever a process is called', () => {
  const fields = ['S', ...Array.from({ length: 10 }, () => '1'), '70', '30', '5', '5'];
  expect(cpuTicksOf(`12 (a ) (b) ${fields.join(' ')}`)).toBe(100);
});

test('this process uses processor time and memory', () => {
  const before = cpuSecondsOf([process.pid]);
  const end = performance.now() + 60;
  while (performance.now() < end) Math.random();
  expect(cpuSecondsOf([process.pid])).toBeGreaterThan(before);
  expect(residentBytesOf(process.pid)).toBeGreaterThan(1e6);
});
