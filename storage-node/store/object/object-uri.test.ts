import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseObjectUri } from './object-uri.js';

test('a folder is named absolutely or from the current folder', () => {
  expect(parseObjectUri('file:/data/objects')).toEqual({ kind: 'file', folder: '/data/objects' });
  expect(parseObjectUri('file:///data/objects')).toEqual({ kind: 'file', folder: '/data/objects' });
  expect(parseObjectUri('file:objects')).toEqual({ kind: 'file', folder: resolve('objects') });
});

test('a bucket is named with or without endpoint and region', () => {
  expect(parseObjectUri('s3://bucket')).toEqual({ kind: 's3', bucket: 'bucket', endpoint: undefined, region: undefined });
  expect(parseObjectUri('s3://my.bucket-1?endpoint=http://127.0.0.1:9000&region=eu-west-1')).toEqual({
    kind: 's3',
    bucket: 'my.bucket-1',
    endpoint: 'http://127.0.0.1:9000',
    region: 'eu-west-1',
  });
});

test.each([
  ['', 'does not name an object store'],
  ['/data', 'does not name an object store'],
  ['http://bucket', 'does not name an object store'],
  ['file:', 'lacks the folder'],
  ['file://', 'lacks the folder'],
  ['s3://', 'is not a bucket'],
  ['s3://bucket/path', 'without a path'],
  ['s3://Bucket', 'is not a bucket'],
  ['s3://bucket?endpoint=127.0.0.1:9000', 'is not an http:// or https:// URL'],
  ['s3://bucket?endpoint=', 'is not an http:// or https:// URL'],
  ['s3://bucket?zone=a', "'zone'"],
])('%j is refused with a reason', (uri, reason) => {
  expect(() => parseObjectUri(uri)).toThrow(reason);
  expect(() => parseObjectUri(uri)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
});
