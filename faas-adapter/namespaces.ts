import { createHash } from 'node:crypto';
import { importPublicKey, parseJobUrl, SatchelError, verifyJobToken } from '@satchel/proto/core';

/** Finds the namespace a sandbox would serve, so that none ever serves two. */
export interface Namespaces {
  /** Namespace of the job in `url`; an `own:` name for calls without a job. Throws `wrong-token` for a token of no use here. */
  of(url: string | undefined): Promise<string>;
}

const remembered = 10_000;

/**
 * Verifies each URL's token once with the fleet's public key (JWK as JSON text), which `fetchKey` gets from the
 * controller. While no key is to be had, every token counts as a namespace of its own.
 */
export function verifiedNamespaces(fetchKey: () => Promise<string>): Namespaces {
  const known = new Map<string, string>();
  let jwk: string | undefined;

  async function verify(token: string): Promise<string> {
    jwk ??= await fetchKey().catch(() => undefined);
    if (jwk === undefined) return `token:${createHash('sha256').update(token).digest('hex')}`;
    const { namespace } = await verifyJobToken(token, await importPublicKey(jwk));
    if (known.size >= remembered) known.delete(known.keys().next().value as string);
    known.set(token, `namespace:${namespace}`);
    return `namespace:${namespace}`;
  }

  return {
    of: async (url) => {
      if (url === undefined) return 'own:';
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
