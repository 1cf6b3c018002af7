import { type CryptoKey, errors, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { SatchelError } from './errors.js';
import type { SlotRange } from './slot-map.js';

export const verbs = ['read', 'write'] as const;
export type Verb = (typeof verbs)[number];

const jobClaims = z.object({
  kind: z.literal('job'),
  job: z.string(),
  namespace: z.string(),
  verbs: z.array(z.enum(verbs)),
  /** Bytes the job may hold; 0: no quota. */
  quota: z.number(),
  /** Tiers in the order a put tries them. */
  tiers: z.array(z.enum(['dram', 'ssd', 'object'])),
  /**
   * The slot map of epoch 1 as [start, shard] pairs, so that a shard can admit the job before it heard of it; empty once slots have moved: a shard
   * that did not hear of that would take objects for missing that others still hold.
   */
  slots: z.array(z.tuple([z.number(), z.number()])),
  /** Milliseconds since the Unix epoch. */
  created: z.number(),
  exp: z.number(),
});

/** What a job's token says; enough for a shard to serve a job it has not heard of. */
export type JobClaims = z.output<typeof jobClaims>;

const linkClaims = z.object({ kind: z.literal('link'), node: z.string() });
/** What a node presents when one of its shards connects to another shard. */
export type LinkClaims = z.output<typeof linkClaims>;

/** How long a job token is valid; a renewal returns a fresh one. Ended jobs are remembered at least this long. */
export const tokenLifetimeMs = 7 * 24 * 3600 * 1000;

/** The initial slot ranges a job token carries. */
export function rangesOfClaims(claims: JobClaims): SlotRange[] {
  return claims.slots.map(([start, shard]) => ({ start, shard }));
}

/** Signs claims as an EdDSA JWT: [A-Za-z0-9._-] only, so that a URL needs no escapes. */
export function signToken(claims: JobClaims | LinkClaims, privateKey: CryptoKey): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA' }).setIssuer('satchel').sign(privateKey);
}

/** Verifies job tokens; throws `wrong-token` that says why (bad signature, expired, not a job's token). */
export async function verifyJobToken(token: string, publicKey: CryptoKey): Promise<JobClaims> {
  return jobClaims.parse(await verify(token, publicKey, 'job'));
}

/** Verifies link tokens; throws `wrong-token`. */
export async function verifyLinkToken(token: string, publicKey: CryptoKey): Promise<LinkClaims> {
  return linkClaims.parse(await verify(token, publicKey, 'link'));
}

/** The fleet's public key from the JSON text of its JWK. */
export async function importPublicKey(jwk: string): Promise<CryptoKey> {
  const key = await importJWK(JSON.parse(jwk) as JWK, 'EdDSA');
  if (key instanceof Uint8Array)
    throw new SatchelError('internal', 'the fleet key is symmetric; an Ed25519 public key was expected');
  return key;
}

async function verify(token: string, publicKey: CryptoKey, kind: 'job' | 'link'): Promise<unknown> {
  try {
    const { payload } = await jwtVerify(token, publicKey, { issuer: 'satchel', algorithms: ['EdDSA'] });
    if (payload['kind'] !== kind) throw new SatchelError('wrong-token', `the token is not a ${kind} token`);
    return payload;
  } catch (error) {
    if (error instanceof SatchelError) throw error;
    const why =
      error instanceof errors.JWTExpired
        ? 'it has expired; renew the job for a fresh one'
        : 'its signature does not verify with the key of this fleet';
    throw new SatchelError('wrong-token', `the token was refused: ${why}`, { cause: error });
  }
}
