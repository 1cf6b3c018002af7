import { createServer } from 'node:net';
import { SatchelError } from '@satchel/proto/core';

/** A port as it was asked for: exactly that one (0: any free one), or the first free one from there upward. */
export interface PortChoice {
  readonly port: number;
  readonly exact: boolean;
}

/** Whether nothing listens on a port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Deals out ports, none twice; what it has found free may still be taken by somebody else before it is used. */
export class PortDealer {
  readonly #dealt = new Set<number>();
  readonly #isFree: (port: number) => Promise<boolean>;

  constructor(probe: (port: number) => Promise<boolean> = isFree) {
    this.#isFree = probe;
  }

  /** A free port for `option`; 0 stays 0. Throws `unavailable` if the exact port is taken. */
  async one(choice: PortChoice, option: string): Promise<number> {
    if (choice.port === 0) return 0;
    if (!choice.exact) return this.run(choice.port, 1);
    if (this.#dealt.has(choice.port) || !(await this.#isFree(choice.port))) {
      throw new SatchelError('unavailable', `port ${choice.port} is taken; give another ${option}, or 0 for a free one`);
    }
    this.#dealt.add(choice.port);
    return choice.port;
  }

  /** First of `count` adjacent free ports from `from` upward; from 0, any: 0. Throws `unavailable` if there are none. */
  async run(from: number, count: number): Promise<number> {
    if (from === 0) return 0;
    let start = from;
    for (let port = from; port <= 65_535; port++) {
      if (this.#dealt.has(port) || !(await this.#isFree(port))) start = port + 1;
      if (port - start + 1 < count) continue;
      for (let taken = start; taken <= port; taken++) this.#dealt.add(taken);
      return start;
    }
    throw new SatchelError('unavailable', `no ${count} adjacent free ports from ${from} upward`);
  }
}
