import { type CryptoKey, errors, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type JobClaims, type LinkClaims, SatchelError, tiers, verbs } from '../core/index.js';

const jobClaims = z.object({
  kind: z.literal('job'),
  job: z.string(),
  namespace: z.string(),
  verbs: z.array(z.enum(verbs)),
  quota: z.number(),
  tiers: z.array(z.enum(tiers)),
  slots: z.array(z.tuple([z.number(), z.number()])),
  created: z.number(),
  exp: z.number(),
}) satisfies z.ZodType<JobClaims>;

const linkClaims = z.object({ kind: z.literal('link'), node: z.string() }) satisfies z.ZodType<LinkClaims>;

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
