import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { experimental, Metadata, status } from '@grpc/grpc-js';
import { type ControllerAddress, parseControllerAddresses } from './addresses.js';

const scheme = 'satchel';
let registered = false;

/** What gRPC connects to for a list of controllers: each in turn, and at once with the next where one does not answer. */
export function targetOf(addresses: string): string {
  parseControllerAddresses(addresses);
  if (!addresses.includes(',')) return addresses;
  if (!registered) experimental.registerResolver(scheme, AddressResolver);
  registered = true;
  return `${scheme}:${addresses}`;
}

/** Finds the hosts of a list of controllers. Names are looked up anew whenever a connection is wanted. */
class AddressResolver implements experimental.Resolver {
  readonly #addresses: readonly ControllerAddress[];
  readonly #listener: experimental.ResolverListener;
  #running = false;

  constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener) {
    this.#addresses = parseControllerAddresses(target.path);
    this.#listener = listener;
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path.split(',')[0] ?? '';
  }

  updateResolution(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#resolve().finally(() => {
      this.#running = false;
    });
  }

  destroy(): void {
    this.#running = true;
  }

  async #resolve(): Promise<void> {
    const found = await Promise.allSettled(this.#addresses.map(endpointsOf));
    const endpoints = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const failed = found.find((result) => result.status === 'rejected');
    if (endpoints.length > 0) this.#listener(experimental.statusOrFromValue(endpoints), {}, null, '');
    else {
      const details = `no controller's name is known: ${failed?.reason}`;
      this.#listener(
        experimental.statusOrFromError({ code: status.UNAVAILABLE, details, metadata: new Metadata() }),
        {},
        null,
        '',
      );
    }
  }
}

async function endpointsOf({ host, port }: ControllerAddress): Promise<experimental.Endpoint[]> {
  if (isIP(host)) return [{ addresses: [{ host, port }] }];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => ({ addresses: [{ host: address, port }] }));
}
