import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { assert, type JobClaims, type LinkClaims, tokenLifetimeMs } from '@satchel/proto/core';
import { exportJWK, generateKeyPair } from 'jose';
import type { JobRecord } from './model.js';

/** A new Ed25519 private key as the JSON text of its JWK. */
export async function newPrivateKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}

/** What signs tokens; the simulator has one of its own. */
export type Tokens = Pick<TokenIssuer, 'publicKeyJwk' | 'forJob' | 'forLinks'>;

/** Signs the tokens of a fleet. */
export class TokenIssuer {
  /** JSON text of the public key's JWK, for nodes. */
  readonly publicKeyJwk: string;
  readonly #privateKey: KeyObject;

  private constructor(privateKey: KeyObject, publicKeyJwk: string) {
    this.#privateKey = privateKey;
    this.publicKeyJwk = publicKeyJwk;
  }

  /** From what {@link newPrivateKey} returned. */
  static async open(privateKeyJwk: string): Promise<TokenIssuer> {
    const { d: _private, ...publicJwk } = JSON.parse(privateKeyJwk) as JsonWebKey;
    const key = createPrivateKey({ key: JSON.parse(privateKeyJwk) as JsonWebKey, format: 'jwk' });
    assert(key.asymmetricKeyType === 'ed25519', 'tokens are signed with an Ed25519 key');
    return new TokenIssuer(key, JSON.stringify({ ...publicJwk, alg: 'EdDSA' }));
  }

  /**
   * A token of the job, valid for {@link tokenLifetimeMs} from `nowMs`. Until slots move it is enough for its shards to serve the job unheard of;
   * from then on a shard has to hear from the controller who had its slots before.
   */
  async forJob(job: JobRecord, nowMs: number): Promise<string> {
    const claims: JobClaims = {
      kind: 'job',
      job: job.job,
      namespace: job.namespace,
      verbs: [...job.verbs],
      quota: job.allocation.quotaBytes,
      tiers: [...job.allocation.tiers],
      slots: job.epoch === 1 ? job.ranges.map(({ start, shard }) => [start, shard]) : [],
      created: job.createdMs,
      exp: Math.floor((nowMs + tokenLifetimeMs) / 1000),
    };
    return this.#signed(claims);
  }

  /** What a node's shards present to other shards. */
  async forLinks(node: string): Promise<string> {
    return this.#signed({ kind: 'link', node });
  }

  /** An EdDSA JWT as jose makes it, in half the time: that one signs in another thread, and going there takes as long as signing. */
  #signed(claims: JobClaims | LinkClaims): string {
    const signed = `${header}.${base64url(JSON.stringify({ ...claims, iss: 'satchel' }))}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#privateKey).toString('base64url')}`;
  }
}

const base64url = (text: string) => Buffer.from(text).toString('base64url');
const header = base64url(JSON.stringify({ alg: 'EdDSA' }));
