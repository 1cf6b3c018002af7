import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JobClaims } from '@satchel/proto/core';
import { signToken } from '@satchel/proto/validation';
import { beforeEach, describe, expect, test } from 'vitest';
import { TokenCache } from './token-cache.js';

const first = newKey();
const second = newKey();

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { jwk: JSON.stringify(publicKey.export({ format: 'jwk' })), privateKey };
}

function tokenOf(job: string, key: KeyObject, exp = 4e9): Promise<string> {
  const claims: JobClaims = {
    kind: 'job',
    job,
    namespace: 'default',
    verbs: ['read', 'write'],
    quota: 0,
    tiers: ['dram'],
    slots: [[0, 1]],
    created: 0,
    exp,
  };
  return importKey(key).then((imported) => signToken(claims, imported));
}

function importKey(key: KeyObject) {
  return crypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), 'Ed25519', false, ['sign']);
}

describe('tokens', () => {
  let cache: TokenCache;
  beforeEach(() => {
    cache = new TokenCache(2);
    cache.setKey(first.jwk);
  });

  test('verify with the fleet’s key only', async () => {
    expect((await cache.verify(await tokenOf('a', first.privateKey), 0)).job).toBe('a');
    await expect(cache.verify(await tokenOf('a', second.privateKey), 0)).rejects.toMatchObject({ code: 'wrong-token' });
    await expect(cache.verify('rubbish', 0)).rejects.toMatchObject({ code: 'wrong-token' });
  });

  test('are remembered up to the limit, the least recently used goes first', async () => {
    const tokens = await Promise.all(['a', 'b', 'c'].map((job) => tokenOf(job, first.privateKey)));
    const [a = '', b = '', c = ''] = tokens;
    await cache.verify(a, 0);
    await cache.verify(b, 0);
    await cache.verify(a, 0);
    await cache.verify(c, 0);
    expect(cache.size).toBe(2);
    expect([a, b, c].map((token) => cache.remembered(token, 0)?.job)).toEqual(['a', undefined, 'c']);
  });

  test('that expired since are not taken from memory', async () => {
    const token = await tokenOf('a', first.privateKey, 4e9);
    await cache.verify(token, 0);
    expect(cache.remembered(token, 4e12)).toBeUndefined();
  });

  test('are forgotten when the key changes', async () => {
    const token = await tokenOf('a', first.privateKey);
    await cache.verify(token, 0);
    cache.setKey(second.jwk);
    await expect(cache.verify(token, 0)).rejects.toMatchObject({ code: 'wrong-token' });
  });

  test('cannot be verified before the node has joined', async () => {
    await expect(new TokenCache(2).verify('any', 0)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
