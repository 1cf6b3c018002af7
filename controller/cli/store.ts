import type { ObjectStat } from '@satchel/client';
import type { Tier } from '@satchel/proto/core';

/** How an object is stored; what is absent is the store's default. */
export interface StoreAs {
  readonly ttlMs?: number;
  readonly ifAbsent?: boolean;
  readonly tier?: Tier;
  readonly persist?: boolean;
  readonly reads?: number;
  readonly attempt?: number;
  readonly stripe?: boolean;
  /** Bytes the source will deliver, if that is known: it then flows instead of being gathered. */
  readonly size?: number;
}

/** What the data commands need of a job's store. */
export interface DataStore {
  /** Stores what the source delivers; false if `ifAbsent` was asked for and the key exists. */
  put(key: string, source: AsyncIterable<Uint8Array>, as: StoreAs): Promise<boolean>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** The value piece by piece; fails with `not-found` if there is none. */
  getStream(key: string): AsyncIterable<Uint8Array>;
  stat(key: string): Promise<ObjectStat | undefined>;
  /** Keys that begin with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<string>;
  /** Whether there was such an object. */
  delete(key: string): Promise<boolean>;
  close(): void | Promise<void>;
}

/** Opens the store of a job's URL. */
export type OpenStore = (url: string) => Promise<DataStore>;
