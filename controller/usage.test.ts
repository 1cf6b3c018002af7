import { noUsage, type UsageTotals } from '@satchel/proto/core';
import { describe, expect, it } from 'vitest';
import { JobUsageBook } from './usage.js';

const at = (atMs: number, begins = false) => ({ atMs, everyMs: 1000, begins });
const usage = (some: Partial<UsageTotals>): UsageTotals => ({ ...noUsage, ...some });

describe('usage of a job', () => {
  it('is the sum of the last report of each shard', () => {
    const book = new JobUsageBook('job', 'default');
    book.report(1, 1, usage({ bytesIn: 10, dramBytes: 10, peakBytes: 10 }), at(0));
    book.report(1, 1, usage({ bytesIn: 15, dramBytes: 5, peakBytes: 12 }), at(0));
    book.report(2, 1, usage({ bytesIn: 100, dramBytes: 100, peakBytes: 100 }), at(0));
    expect(book.total()).toMatchObject({ bytesIn: 115, dramBytes: 105, peakBytes: 112 });
  });

  it('keeps what earlier incarnations of a shard counted, but not what they held', () => {
    const book = new JobUsageBook('job', 'default');
    book.report(1, 1, usage({ requests: 10, dramBytes: 10, objects: 3, peakBytes: 50 }), at(0));
    book.report(1, 2, usage({ requests: 1, dramBytes: 2, objects: 1, peakBytes: 2 }), at(0));
    book.report(1, 1, usage({ requests: 11 }), at(0));
    expect(book.total()).toMatchObject({ requests: 11, dramBytes: 2, objects: 1, peakBytes: 50 });
    book.report(1, 3, usage({ requests: 5 }), at(0));
    expect(book.total()).toMatchObject({ requests: 16, dramBytes: 0, peakBytes: 50 });
  });

  it('is final once the nodes have purged the job: nothing held, no counter lower than it was seen', () => {
    const book = new JobUsageBook('job', 'default');
    book.report(1, 1, usage({ bytesIn: 10, dramBytes: 10, peakBytes: 10 }), at(0));
    book.report(2, 1, usage({ bytesIn: 20, dramBytes: 20, peakBytes: 20 }), at(0));
    book.report(3, 1, usage({ bytesIn: 1, ssdBytes: 1 }), at(0));
    book.purged([1, 2], usage({ bytesIn: 35, peakBytes: 5 }));
    expect(book.total()).toMatchObject({ bytesIn: 36, dramBytes: 0, ssdBytes: 1, peakBytes: 30 });
    book.purged([3], noUsage);
    expect(book.total()).toMatchObject({ bytesIn: 36, ssdBytes: 0 });
  });

  it('is one sum once the job has ended everywhere', () => {
    const book = new JobUsageBook('job', 'default');
    book.report(1, 1, usage({ bytesIn: 10, peakBytes: 10 }), at(0));
    book.report(1, 2, usage({ bytesIn: 5, peakBytes: 20 }), at(0));
    book.report(2, 1, usage({ bytesIn: 20, peakBytes: 20 }), at(0));
    const before = book.total();
    book.ended();
    expect(book.total()).toEqual(before);
    expect(book.record().shards).toHaveLength(1);
    expect(new JobUsageBook('job', 'default', structuredClone(book.record())).total()).toEqual(before);
  });

  it('survives being written and read, and later reports replace what was read', () => {
    const book = new JobUsageBook('job', 'default');
    book.report(1, 4, usage({ requests: 10 }), at(0));
    const again = new JobUsageBook('job', 'default', structuredClone(book.record()));
    again.report(1, 4, usage({ requests: 12 }), at(0));
    expect(again.total().requests).toBe(12);
  });
});
