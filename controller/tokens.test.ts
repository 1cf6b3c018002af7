import { rangesOfClaims } from '@satchel/proto/core';
import { importPublicKey, verifyJobToken, verifyLinkToken } from '@satchel/proto/validation';
import { expect, test } from 'vitest';
import type { JobRecord } from './model.js';
import { newPrivateKey, TokenIssuer } from './tokens.js';

const job: JobRecord = {
  job: 'sort-1',
  name: 'sort',
  namespace: 'default',
  hints: {},
  verbs: ['read', 'write'],
  leaseMs: 60_000,
  createdMs: 1e12,
  allocation: {
    ...{ dramBytes: 0, ssdBytes: 0, objectBytes: 0, throughputBytesPerSecond: 0, tiers: ['dram'], quotaBytes: 7 },
    ...{ dollarsPerHour: 0, shares: [] },
  },
  reasons: [],
  epoch: 1,
  revision: 1,
  ranges: [
    { start: 0, shard: 3 },
    { start: 8192, shard: 4 },
  ],
  previous: [],
  former: [],
  state: { kind: 'active' },
};

test('tokens verify with the public key, and with no other', async () => {
  const issuer = await TokenIssuer.open(await newPrivateKey());
  const other = await TokenIssuer.open(await newPrivateKey());
  const key = await importPublicKey(issuer.publicKeyJwk);
  const token = await issuer.forJob(job, Date.now());
  expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
  const claims = await verifyJobToken(token, key);
  expect(claims).toMatchObject({ job: 'sort-1', namespace: 'default', verbs: ['read', 'write'], quota: 7, tiers: ['dram'] });
  expect(rangesOfClaims(claims)).toEqual(job.ranges);
  expect(await verifyLinkToken(await issuer.forLinks('n1'), key)).toMatchObject({ kind: 'link', node: 'n1' });
  await expect(verifyJobToken(await other.forJob(job, Date.now()), key)).rejects.toMatchObject({ code: 'wrong-token' });
  await expect(verifyJobToken(await issuer.forJob(job, 0), key)).rejects.toThrow('expired');
});
