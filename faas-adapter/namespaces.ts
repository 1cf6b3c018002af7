import { createHash } from 'node:crypto';
import { parseJobUrl, SatchelError } from '@satchel/proto/core';
import { importPublicKey, verifyJobToken } from '@satchel/proto/validation';
import type { Tenant } from './isolation.js';

/** Finds the namespace and job a sandbox would serve, so that none ever serves two. */
export interface Namespaces {
  /** Whom the token in `url` is for; an `own:` name for calls without a job. Throws `wrong-token` for a token of no use here. */
  of(url: string | undefined): Promise<Tenant>;
}

const remembered = 10_000;

/**
 * Verifies each URL's token once with the fleet's public key (JWK as JSON text), which `fetchKey` gets from the
 * controller. While no key is to be had, every token counts as a namespace of its own.
 */
export function verifiedNamespaces(fetchKey: () => Promise<string>): Namespaces {
  const known = new Map<string, Tenant>();
  let jwk: string | undefined;

  async function verify(token: string): Promise<Tenant> {
    jwk ??= await fetchKey().catch(() => undefined);
    if (jwk === undefined) return { namespace: `token:${createHash('sha256').update(token).digest('hex')}`, job: undefined };
    // The token counts, not the name beside it in the URL.
    const { namespace, job } = await verifyJobToken(token, await importPublicKey(jwk));
    const tenant = { namespace: `namespace:${namespace}`, job };
    if (known.size >= remembered) known.delete(known.keys().next().value as string);
    known.set(token, tenant);
    return tenant;
  }

  return {
    of: async (url) => {
      if (url === undefined) return { namespace: 'own:', job: undefined };
      const { token } = parseJobUrl(url);
      try {
        return known.get(token) ?? (await verify(token));
      } catch (error) {
        throw new SatchelError('wrong-token', `the invocation's job was refused: ${SatchelError.from(error).message}`, {
          cause: error,
        });
      }
    },
  };
}
