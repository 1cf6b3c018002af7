import { assert, type JobClaims, signToken, tokenLifetimeMs } from '@satchel/proto/core';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
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
  readonly #privateKey: CryptoKey;

  private constructor(privateKey: CryptoKey, publicKeyJwk: string) {
    this.#privateKey = privateKey;
    this.publicKeyJwk = publicKeyJwk;
  }

  /** From what {@link newPrivateKey} returned. */
  static async open(privateKeyJwk: string): Promise<TokenIssuer> {
    const { d: _private, ...publicJwk } = JSON.parse(privateKeyJwk) as JWK;
    const key = await importJWK(JSON.parse(privateKeyJwk) as JWK, 'EdDSA');
    assert(!(key instanceof Uint8Array), 'an Ed25519 key is not symmetric');
    return new TokenIssuer(key, JSON.stringify({ ...publicJwk, alg: 'EdDSA' }));
  }

  /**
   * A token of the job, valid for {@link tokenLifetimeMs} from `nowMs`. Until slots move it is enough for its shards to serve the job unheard of;
   * from then on a shard has to hear from the controller who had its slots before.
   */
  forJob(job: JobRecord, nowMs: number): Promise<string> {
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
    return signToken(claims, this.#privateKey);
  }

  /** What a node's shards present to other shards. */
  forLinks(node: string): Promise<string> {
    return signToken({ kind: 'link', node }, this.#privateKey);
  }
}
