import { expect, it } from 'vitest';
import { isEtcdUri, parseEtcdUri } from './address.js';

it.each([
  ['etcd://e1', { hosts: ['http://e1:2379'], prefix: '/satchel' }],
  ['etcd://e1:1,e2:2/', { hosts: ['http://e1:1', 'http://e2:2'], prefix: '/satchel' }],
  ['etcd://127.0.0.1:2379/a/b/', { hosts: ['http://127.0.0.1:2379'], prefix: '/a/b' }],
  [
    'etcds://e1/a?ca=/etc/ca.crt&cert=c&key=k',
    { hosts: ['https://e1:2379'], prefix: '/a', tls: { ca: '/etc/ca.crt', cert: 'c', key: 'k' } },
  ],
  ['etcds://[::1]:2379/a', { hosts: ['https://[::1]:2379'], prefix: '/a' }],
  ['etcd://me:p%40ss:word@e1', { hosts: ['http://e1:2379'], prefix: '/satchel', user: { name: 'me', password: 'p@ss:word' } }],
])('%s is read', (uri, expected) => expect(parseEtcdUri(uri)).toEqual({ user: undefined, tls: {}, ...expected }));

it.each([
  'etcd://',
  'etcd:///a',
  'etcd://e1:x',
  'etcd://e1:70000',
  'etcd://e1,',
  'etcd://e 1',
  'etcd://e1/?a=b',
  'etcd://e1/?ca=x',
  'etcds://e1?cert=c',
  'etcds://e1?ca=',
])('%s is refused with the form that is meant', (uri) =>
  expect(() => parseEtcdUri(uri)).toThrow(/names no etcd; the form is etcd:/),
);

it('a password is never part of an error', () => {
  expect(() => parseEtcdUri('etcd://me:secret@e1:x')).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('secret') }),
  );
});

it('a folder is no URI of etcd', () => {
  expect(['/var/lib/satchel', 'etcd', './etcd://x', 'etcds://e'].map(isEtcdUri)).toEqual([false, false, false, true]);
});
