import { expect, test } from 'vitest';
import { benchmarkArguments, benchmarkKey, figuresOf } from './redis-benchmark.js';

const csv = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET","160771.70","0.166","0.056","0.159","0.239","0.367","1.511"
`;
const options = { test: 'set', requests: 10, clients: 5, keys: 100, valueBytes: 8, pipeline: 2 } as const;

test('the result is found by the names of its columns', () => {
  expect(figuresOf(csv, 'set')).toEqual({ operationsPerSecond: 160_771.7, p50Ms: 0.159, p99Ms: 0.367, maxMs: 1.511 });
});

test('no result is an error that repeats what was said', () => {
  expect(() => figuresOf('', 'get', 'Error from server: NOAUTH')).toThrow('redis-benchmark printed no result: Error from server');
  expect(() => figuresOf(csv, 'get')).toThrow('redis-benchmark printed no result');
});

test('settings become its options', () => {
  expect(benchmarkArguments({ host: 'h', port: 1 }, options).join(' ')).toBe(
    '-h h -p 1 -t set -n 10 -c 5 -r 100 -d 8 -P 2 --csv',
  );
  expect(benchmarkArguments({ host: 'h', port: 1, token: 't', cluster: true }, options).join(' ')).toMatch(
    /-a t --cluster --csv$/,
  );
});

test('keys are those that -r makes', () => {
  expect(benchmarkKey(123)).toBe('key:000000000123');
});
