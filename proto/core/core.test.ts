import { expect, test } from 'vitest';
import { SatchelError } from './errors.js';
import { checkName, newJobId } from './ids.js';
import { formatJobUrl, parseJobUrl } from './job-url.js';

test('an error travels as a RESP line and comes back with its code', () => {
  const error = new SatchelError('quota-exceeded', 'the job may hold 10 bytes\nand holds them');
  expect(error.toRespLine()).toBe('QUOTA the job may hold 10 bytes and holds them');
  expect(SatchelError.fromRespLine(error.toRespLine())).toMatchObject({ code: 'quota-exceeded', retrySafe: false });
});

test('an error line with an unknown word keeps its whole text', () => {
  expect(SatchelError.fromRespLine('BUSY loading')).toMatchObject({ code: 'invalid-argument', message: 'BUSY loading' });
});

test('a job id is made of its name and a part of its own; ids of a name are in the order of their making', () => {
  expect(newJobId('My Sort!')).toMatch(/^my-sort-[a-z0-9]{12}$/);
  expect(newJobId('!!')).toMatch(/^job-[a-z0-9]{12}$/);
  const ids = Array.from({ length: 1000 }, () => newJobId('a'));
  expect(new Set(ids).size).toBe(1000);
  expect(ids.toSorted()).toEqual(ids);
});

test.each(['', '-x', 'a b', '../x', 'x'.repeat(129)])('the name %j is refused', (name) => {
  expect(() => checkName('job name', name)).toThrow(SatchelError);
});

test('a job URL is read and written without escapes', () => {
  const url = { job: 'sort-1', token: 'a.b_c-d', host: '127.0.0.1', port: 7500, tls: false };
  expect(formatJobUrl(url)).toBe('redis://sort-1:a.b_c-d@127.0.0.1:7500');
  expect(parseJobUrl(formatJobUrl(url))).toEqual(url);
  expect(parseJobUrl('rediss://j:t@[::1]:1')).toMatchObject({ host: '::1', tls: true });
});

test.each(['nonsense', 'http://j:t@h:1', 'redis://h:1', 'redis://j:t@h'])('the job URL %s is refused', (text) => {
  expect(() => parseJobUrl(text)).toThrow(SatchelError);
});
