import { expect, test } from 'vitest';
import { newJobId } from './ids.js';
import { jobGroupId, jobGroups } from './job-group.js';

test('a job has the same id everywhere', () => {
  expect(jobGroupId('wordcount-1a2b3c')).toBe(jobGroupId('wordcount-1a2b3c'));
  expect(jobGroupId('wordcount-1a2b3c')).toBe(1_987_223_058);
});

test('the ids of many jobs lie within the range and are hardly ever the same', () => {
  const ids = Array.from({ length: 2000 }, () => jobGroupId(newJobId('job')));
  for (const id of ids) {
    expect(id).toBeGreaterThanOrEqual(jobGroups.first);
    expect(id).toBeLessThan(jobGroups.first + jobGroups.count);
  }
  expect(new Set(ids).size).toBeGreaterThan(1990);
});
