import { SatchelError } from '@satchel/proto/core';
import { dial } from '@satchel/proto/rpc';

/** The JWK (JSON text) that verifies the tokens of a controller's jobs. */
export async function fleetKey(controller: string | undefined): Promise<string> {
  if (controller === undefined) throw new SatchelError('unavailable', 'no controller was given to ask for the key of the fleet');
  const channel = dial(controller);
  try {
    const answer = await channel.call(channel.fleet, channel.fleet.getPublicKey, {}, 2_000);
    return answer.publicKeyJwk;
  } finally {
    channel.close();
  }
}
