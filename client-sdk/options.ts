import { SatchelError } from '@satchel/proto/core';
import { completeStripeOptions, type StripeOptions, type StripeSettings } from './striping/stripe-store.js';

/** How a store deals with trouble. */
export interface ConnectOptions {
  /** A call fails with `unavailable` when its shard cannot be reached for this long. Default 5,000. */
  readonly unavailableMs?: number;
  /** A connection on which a call has waited this long without any answer is given up as dead. Default 60,000. */
  readonly silenceMs?: number;
  /** Folder of this host's shard sockets. Default: SATCHEL_SOCKET_DIR; empty: always TCP. */
  readonly socketDir?: string;
  /**
   * `auto` (default): objects are read straight from the memory of shards on this host, and commands go through shared memory where they poll it, if
   * `socketDir` has it and koffi is installed; `off`: always through a socket.
   */
  readonly local?: 'auto' | 'off';
  /**
   * How long `waitFor` looks for its object without a pause, if a shard on this host has the key, polls (`--spin`), and leaves a processor free for
   * it. Costs as much processor time. Default 10 ms; 0: never.
   */
  readonly spinMs?: number;
  /** How large values are split over the job's shards. */
  readonly stripe?: StripeOptions;
}

/** {@link ConnectOptions} with every default filled in. */
export type CompleteConnectOptions = Required<Omit<ConnectOptions, 'stripe'>> & { readonly stripe: StripeSettings };

/** Fills in defaults; throws `invalid-argument` for a duration that is none. */
export function completeConnectOptions(options: ConnectOptions): CompleteConnectOptions {
  return {
    // Long enough for a shard that is restarted on its port, short enough for a function's time limit.
    unavailableMs: duration('unavailableMs', options.unavailableMs ?? 5000),
    // The slowest single command is a put of the largest value to the object tier.
    silenceMs: duration('silenceMs', options.silenceMs ?? 60_000),
    socketDir: options.socketDir ?? process.env['SATCHEL_SOCKET_DIR'] ?? '',
    spinMs: options.spinMs === 0 ? 0 : duration('spinMs', options.spinMs ?? 10),
    local: localMode(options.local ?? 'auto'),
    stripe: completeStripeOptions(options.stripe ?? {}),
  };
}

function localMode(value: 'auto' | 'off'): 'auto' | 'off' {
  if (value === 'auto' || value === 'off') return value;
  throw new SatchelError('invalid-argument', `option local is ${String(value)}; it must be 'auto' or 'off'`);
}

function duration(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new SatchelError('invalid-argument', `option ${name} is ${value}; it must be a number of milliseconds above 0`);
}
