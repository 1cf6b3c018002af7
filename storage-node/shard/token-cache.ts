import { type JobClaims, SatchelError } from '@satchel/proto/core';
import { importPublicKey, verifyJobToken, verifyLinkToken } from '@satchel/proto/validation';

/** Verifies tokens with the fleet's key and remembers those that verified, the most recently used ones. */
export class TokenCache {
  private readonly capacity: number;
  /** In order of use, the latest last. */
  private readonly verified = new Map<string, JobClaims>();
  private readonly links = new Map<string, true>();
  private key: { readonly jwk: string; readonly imported: ReturnType<typeof importPublicKey> } | undefined;

  /** Remembers at most `capacity` tokens of each kind. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.verified.size + this.links.size;
  }

  /** Sets the fleet's public key; tokens that verified with another one are forgotten. */
  setKey(jwk: string): void {
    if (this.key?.jwk === jwk) return;
    const imported = importPublicKey(jwk);
    // Whoever verifies a token gets the error; nobody may be waiting yet.
    imported.catch(() => {});
    this.key = { jwk, imported };
    this.verified.clear();
    this.links.clear();
  }

  /** The claims of a job's token that was verified before and has not expired since. */
  remembered(token: string, nowMs: number): JobClaims | undefined {
    const claims = this.verified.get(token);
    if (!claims) return undefined;
    this.verified.delete(token);
    if (claims.exp * 1000 <= nowMs) return undefined;
    this.verified.set(token, claims);
    return claims;
  }

  /** The claims of a job's token; rejects with `wrong-token`, or `unavailable` if the key is not known yet. */
  async verify(token: string, nowMs: number): Promise<JobClaims> {
    const remembered = this.remembered(token, nowMs);
    if (remembered) return remembered;
    const claims = await verifyJobToken(token, await this.publicKey());
    remember(this.verified, token, claims, this.capacity);
    return claims;
  }

  /** Settles if the token is another shard's; rejects as `verify`. */
  async verifyLink(token: string): Promise<void> {
    if (this.links.has(token)) return;
    await verifyLinkToken(token, await this.publicKey());
    remember(this.links, token, true, this.capacity);
  }

  private async publicKey() {
    if (!this.key) throw new SatchelError('unavailable', 'this storage node has not joined a fleet yet; try again in a moment');
    return this.key.imported;
  }
}

function remember<T>(cache: Map<string, T>, token: string, value: T, capacity: number): void {
  cache.set(token, value);
  if (cache.size <= capacity) return;
  const oldest = cache.keys().next();
  if (!oldest.done) cache.delete(oldest.value);
}
