import { expect, test } from 'vitest';
import { noAmounts } from './amounts.js';
import { cheapestToLetGo } from './fleet-observer.js';
import type { NodeLoad } from './snapshot.js';

const load = (node: string, jobs: number, dram: number): NodeLoad => ({
  ...{ node, shape: 'local', capacity: noAmounts, used: { ...noAmounts, dram }, reserved: noAmounts, jobs, draining: undefined },
});
const loads = [load('n1', 2, 5), load('n2', 1, 9), load('n3', 1, 4), load('n9', 0, 0), load('n10', 0, 0)];

test('nodes go in the order of their jobs, then their bytes, the youngest first', () => {
  expect(cheapestToLetGo(loads)).toEqual(['n10', 'n9', 'n3', 'n2', 'n1']);
});

test('nodes that are expected to be empty sooner go before those with fewer jobs', () => {
  const emptyMs = (node: string) => ({ n1: 1000, n2: 9000, n3: 5000 })[node] ?? 0;
  expect(cheapestToLetGo(loads, emptyMs)).toEqual(['n10', 'n9', 'n1', 'n3', 'n2']);
});
