import type { JobClaims } from '@satchel/proto/core';
import { signToken } from '@satchel/proto/validation';
import { exportJWK, generateKeyPair } from 'jose';
import { expect, test, vi } from 'vitest';
import { verifiedNamespaces } from './namespaces.js';

const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
const jwk = JSON.stringify(await exportJWK(publicKey));

async function urlIn(namespace: string, job: string): Promise<string> {
  const claims: JobClaims = {
    kind: 'job',
    job,
    namespace,
    verbs: ['read'],
    quota: 0,
    tiers: ['dram'],
    slots: [[0, 1]],
    created: 1,
    exp: Date.now(),
  };
  return `redis://${job}:${await signToken(claims, privateKey)}@127.0.0.1:7500`;
}

test('a token tells namespace and job', async () => {
  const namespaces = verifiedNamespaces(async () => jwk);
  const first = await namespaces.of(await urlIn('a', 'one'));
  expect(first).toEqual({ namespace: 'namespace:a', job: 'one' });
  expect(await namespaces.of(await urlIn('a', 'two'))).toEqual({ namespace: 'namespace:a', job: 'two' });
  expect(await namespaces.of(await urlIn('b', 'three'))).toEqual({ namespace: 'namespace:b', job: 'three' });
  expect(await namespaces.of(undefined)).toEqual({ namespace: 'own:', job: undefined });
});

test('the token says which job it is, whatever the URL says', async () => {
  const namespaces = verifiedNamespaces(async () => jwk);
  const url = (await urlIn('a', 'mine')).replace('//mine:', '//theirs:');
  expect((await namespaces.of(url)).job).toBe('mine');
});

test('a forged token is refused', async () => {
  const namespaces = verifiedNamespaces(async () => jwk);
  const forged = (await urlIn('a', 'one')).replace(/\.[^.]+@/, '.AAAA@');
  await expect(namespaces.of(forged)).rejects.toMatchObject({ code: 'wrong-token' });
});

test('while the key is not to be had each token stands alone, and the key is asked for again', async () => {
  const fetchKey = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error('down')).mockResolvedValue(jwk);
  const namespaces = verifiedNamespaces(fetchKey);
  const url = await urlIn('a', 'one');
  expect(await namespaces.of(url)).toEqual({ namespace: expect.stringMatching(/^token:/), job: undefined });
  expect(await namespaces.of(url)).toEqual({ namespace: 'namespace:a', job: 'one' });
  expect(fetchKey).toHaveBeenCalledTimes(2);
});
