import { describe, expect, it } from 'vitest';
import { changedLimits, checkLimits } from './limits.js';

describe('limits of a namespace', () => {
  it('change where they are set, and go where they are taken away', () => {
    expect(changedLimits({ jobs: 5, nodes: 2 }, { jobs: 7, weight: 3 }, ['nodes'])).toEqual({ jobs: 7, weight: 3 });
    expect(changedLimits({ jobs: 5 }, {}, ['jobs', 'bytes'])).toEqual({});
  });

  it('are refused when they make no sense', () => {
    expect(() => changedLimits({}, { weight: 0 }, [])).toThrow('weight of 0');
    expect(() => changedLimits({}, { nodes: 0 }, [])).toThrow('--jobs 0');
    expect(() => changedLimits({}, {}, ['shards'])).toThrow("'shards' is not known");
  });

  it('allow what does not exceed them, to the last byte and job', () => {
    checkLimits('team', {}, { jobs: 1e6, bytes: 1e15 }, { jobs: 1, bytes: 1e15 });
    checkLimits('team', { jobs: 3, bytes: 100 }, { jobs: 2, bytes: 60 }, { jobs: 1, bytes: 40 });
  });

  it('name the limit, its value and what can be done', () => {
    const refused = (use: { jobs: number; bytes: number }, more: { jobs: number; bytes: number }) => {
      try {
        checkLimits('team', { jobs: 3, bytes: 2 ** 30 }, use, more);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused({ jobs: 3, bytes: 0 }, { jobs: 1, bytes: 0 })).toMatchObject({
      code: 'quota-exceeded',
      message:
        "namespace 'team' has 3 active jobs, and 3 is its limit; end some, or raise it: satchel namespace set team --jobs 4",
    });
    expect(refused({ jobs: 0, bytes: 2 ** 29 }, { jobs: 1, bytes: 2 ** 30 })).toMatchObject({
      code: 'quota-exceeded',
      message: expect.stringMatching(/has 512 MiB of its limit of 1 GiB, and 1 GiB more .* --bytes 1610612736$/),
    });
  });

  it('let go on what was there before they were lowered, and less be asked for', () => {
    checkLimits('team', { jobs: 1, bytes: 10 }, { jobs: 5, bytes: 50 }, { jobs: 0, bytes: -5 });
  });

  it('keep out a job that does not say how much it needs once all is used, and not before', () => {
    checkLimits('team', { bytes: 10 }, { jobs: 5, bytes: 9 }, { jobs: 1, bytes: 0 });
    expect(() => checkLimits('team', { bytes: 10 }, { jobs: 5, bytes: 10 }, { jobs: 1, bytes: 0 })).toThrow(
      "namespace 'team' has 10 B of its limit of 10 B; end jobs, have them delete something, or raise it",
    );
  });
});
