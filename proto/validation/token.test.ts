import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { type JobClaims, rangesOfClaims, tokenLifetimeMs } from '../core/index.js';
import { importPublicKey, signToken, verifyJobToken, verifyLinkToken } from './token.js';

async function fleetKey() {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { privateKey, jwk: JSON.stringify(await exportJWK(publicKey)) };
}

const claims: JobClaims = {
  kind: 'job',
  job: 'sort-1',
  namespace: 'default',
  verbs: ['read', 'write'],
  quota: 0,
  tiers: ['dram', 'ssd'],
  slots: [
    [0, 1],
    [8192, 2],
  ],
  created: 1,
  exp: Math.floor((Date.now() + tokenLifetimeMs) / 1000),
};

test('a job token verifies with the fleet key alone and says where the job lies', async () => {
  const { privateKey, jwk } = await fleetKey();
  const token = await signToken(claims, privateKey);
  expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
  const verified = await verifyJobToken(token, await importPublicKey(jwk));
  expect(verified).toEqual(claims);
  expect(rangesOfClaims(verified)).toEqual([
    { start: 0, shard: 1 },
    { start: 8192, shard: 2 },
  ]);
});

test('a token of another fleet, of another kind, changed or expired is refused with the reason', async () => {
  const { privateKey, jwk } = await fleetKey();
  const publicKey = await importPublicKey(jwk);
  const other = await fleetKey();
  await expect(verifyJobToken(await signToken(claims, other.privateKey), publicKey)).rejects.toThrow('does not verify');
  await expect(verifyLinkToken(await signToken(claims, privateKey), publicKey)).rejects.toThrow('not a link token');
  await expect(verifyJobToken(`${await signToken(claims, privateKey)}x`, publicKey)).rejects.toMatchObject({
    code: 'wrong-token',
  });
  await expect(verifyJobToken(await signToken({ ...claims, exp: 1 }, privateKey), publicKey)).rejects.toThrow('expired');
});
