import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noUsage } from '@satchel/proto/core';
import { loadMapping } from '@satchel/proto/shared-memory';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JobUsage } from './job-usage.js';
import { readUsagePages, UsagePages } from './usage-pages.js';

let arena: string;
beforeEach(() => {
  arena = mkdtempSync(join(tmpdir(), 'satchel-usage-'));
});
afterEach(() => rmSync(arena, { recursive: true }));

function opened(): UsagePages {
  const pages = UsagePages.open(arena);
  if (!pages) throw new Error('no pages');
  return pages;
}

describe.runIf(loadMapping())('pages of usage', () => {
  test('are read as they were left, with bytes that are held counted to the moment of reading', () => {
    const usage = opened().take('sort-1');
    usage.requests++;
    usage.bytesIn += 5;
    usage.change('dram', 100, 1000);
    usage.change('ssd', 7, 1000);
    usage.change('dram', -40, 3000);
    expect(readUsagePages(arena, 4000)).toEqual([
      {
        job: 'sort-1',
        usage: {
          ...noUsage,
          ...{ requests: 1, bytesIn: 5, peakBytes: 107, dramBytes: 60, ssdBytes: 7 },
          ...{ dramByteSeconds: 260, ssdByteSeconds: 21 },
        },
      },
    ]);
  });

  test('count what was found on disk from the death of the process before', () => {
    const usage = opened().take('a');
    usage.keptSinceMs = 1000;
    usage.found('ssd', 10, 5000);
    expect(readUsagePages(arena, 6000)[0]?.usage.ssdByteSeconds).toBe(50);
  });

  test('do not tell of a job whose last counters were told; its row begins at 0 for the next', () => {
    const pages = opened();
    pages.take('a').requests = 9;
    pages.release('a');
    expect(readUsagePages(arena, 0)).toEqual([]);
    pages.take('b');
    expect(readUsagePages(arena, 0)).toEqual([{ job: 'b', usage: noUsage }]);
  });

  test('hold any number of jobs, each its own counts, whatever else is freed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(400), fc.boolean()), { maxLength: 700 }), (steps) => {
        rmSync(join(arena, 'usage'), { recursive: true, force: true });
        const pages = opened();
        const truth = new Map<string, JobUsage>();
        for (const [number, stays] of steps) {
          const job = `job-${number}`;
          if (truth.has(job)) pages.release(job);
          truth.delete(job);
          if (!stays) continue;
          const usage = pages.take(job);
          usage.requests = number + 1;
          truth.set(job, usage);
        }
        const left = readUsagePages(arena, 0).map(({ job, usage }) => [job, usage.requests]);
        expect(left.sort()).toEqual([...truth].map(([job, usage]) => [job, usage.requests]).sort());
      }),
      { numRuns: 20 },
    );
  });

  test('a second load of a job that is still counted, and an id too long for a row, are counted in private memory', () => {
    const pages = opened();
    pages.take('a').requests = 1;
    pages.take('a').requests = 5;
    pages.take('x'.repeat(70)).requests = 1;
    expect(readUsagePages(arena, 0).map(({ usage }) => usage.requests)).toEqual([1]);
  });

  test('a shard that shares no memory has none', () => {
    expect(UsagePages.open(undefined)).toBeUndefined();
    expect(readUsagePages(join(arena, 'none'), 0)).toEqual([]);
  });
});

test('a clock that is set back takes no byte-seconds away', () => {
  const usage = new JobUsage();
  usage.change('dram', 10, 5000);
  usage.change('dram', 0, 7000);
  usage.change('dram', 0, 6000);
  expect(usage.totals(6000, 0).dramByteSeconds).toBe(20);
});
