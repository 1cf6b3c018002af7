import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { SatchelError } from './errors.js';
import { parseHints } from './hints.js';
import { checkName, newJobId } from './ids.js';
import { formatJobUrl, parseJobUrl } from './job-url.js';
import {
  importPublicKey,
  type JobClaims,
  rangesOfClaims,
  signToken,
  tokenLifetimeMs,
  verifyJobToken,
  verifyLinkToken,
} from './token.js';

test('an error travels as a RESP line and comes back with its code', () => {
  const error = new SatchelError('quota-exceeded', 'the job may hold 10 bytes\nand holds them');
  expect(error.toRespLine()).toBe('QUOTA the job may hold 10 bytes and holds them');
  expect(SatchelError.fromRespLine(error.toRespLine())).toMatchObject({ code: 'quota-exceeded', retrySafe: false });
});

test('an error line with an unknown word keeps its whole text', () => {
  expect(SatchelError.fromRespLine('BUSY loading')).toMatchObject({ code: 'invalid-argument', message: 'BUSY loading' });
});

test('hints take text and numbers and come out in bytes', () => {
  expect(parseHints({ capacity: '10GiB', throughput: '1GiB/s', functions: 100 })).toEqual({
    capacity: 10 * 2 ** 30,
    throughput: 2 ** 30,
    functions: 100,
  });
  expect(parseHints({ requests: '5k/s', valueSize: '64KiB', lifetimeSeconds: '10m' })).toEqual({
    requests: 5000,
    valueSize: 65_536,
    lifetimeSeconds: 600,
  });
});

test('parsed hints can be parsed again', () => {
  const hints = parseHints({ capacity: '1GiB', throughput: '1MiB/s', requests: '7/s', lifetimeSeconds: '500ms', evict: 'lru' });
  expect(parseHints(hints)).toEqual(hints);
});

test.each([
  [{ capacity: 'much' }, "'much' is not a size"],
  [{ capacity: 0 }, 'capacity'],
  [{ functions: 1.5 }, 'functions'],
  [{ capacity: -5 }, 'hint capacity: -5 was given; give a size above 0'],
  [{ capacity: '10Gib' }, "hint capacity: '10Gib' is not a size such as 64MiB, 10GiB or 4096; give"],
  [{ throughput: 'fast' }, "hint throughput: 'fast' is not a rate"],
  [{ requests: '5000/m' }, "hint requests: '5000/m' is not a rate such as 5000/s"],
  [{ valueSize: '2PiB' }, 'hint valueSize'],
  [{ lifetimeSeconds: '10 minutes' }, "hint lifetimeSeconds: '10 minutes' is not a duration"],
  [{ lifetimeSeconds: 1e9 }, 'at most 366 days'],
  [{ latencySensitive: 'yes' }, 'hint latencySensitive: "yes" was given; give true or false'],
  [{ evict: 'fifo' }, 'evict'],
  [{ replicas: 2 }, 'does not replicate yet'],
  [{ colour: 'red' }, 'hint colour is not known; the hints are capacity, throughput'],
])('hints %j are refused with the reason', (hints, reason) => {
  expect(() => parseHints(hints as never)).toThrow(reason);
});

test('a job id is made of its name and a random part', () => {
  expect(newJobId('My Sort!')).toMatch(/^my-sort-[a-z0-9]{12}$/);
  expect(newJobId('!!')).toMatch(/^job-[a-z0-9]{12}$/);
  expect(new Set(Array.from({ length: 1000 }, () => newJobId('a'))).size).toBe(1000);
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
