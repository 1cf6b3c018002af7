import type { SatchelError } from '@satchel/proto/core';
import type { LocalReads } from './local/local-reads.js';
import type { CompleteConnectOptions } from './options.js';
import type { Ticker } from './ticker.js';
import type { Wire } from './wire.js';

/** What every connection of a store shares. */
export interface ConnectionContext {
  readonly ticker: Ticker;
  readonly options: CompleteConnectOptions;
  readonly readBuffer: Buffer;
  /** Job and token, read anew for each connection, because a renewed lease brings a fresh token. */
  readonly credentials: { readonly job: string; readonly token: string };
  /** Reads from the memory of shards on this host, if there are to be any. */
  readonly local: LocalReads | undefined;
  /** An attempt to connect failed, or a connection broke. */
  onTrouble(): void;
}

/** What a connection is doing. */
export type ConnectionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly wire: Wire; readonly sinceTick: number }
  | { readonly kind: 'ready'; readonly wire: Wire }
  | { readonly kind: 'backoff'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed'; readonly error: SatchelError };

export const idle: ConnectionState = { kind: 'idle' };
