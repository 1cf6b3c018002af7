import type { StateStore } from './state-store.js';

/** One term as the leader, and the state that is its own meanwhile. */
export interface Leadership {
  /** Refuses to write once the term is over. */
  readonly store: StateStore;
  /** Resolves, with the reason, when leadership is lost. */
  readonly lost: Promise<string>;
  /** Whether nobody else can lead at this moment. */
  leads(): boolean;
  /** Gives leadership up so that another takes over at once; after it was lost, tidies up. The store must not be in use. */
  end(): Promise<void>;
}

/** A controller that would lead. */
export interface Candidate {
  /** Resolves when this one leads and has all of the state; undefined if it was closed before. One at a time. */
  campaign(): Promise<Leadership | undefined>;
  /** The name of who leads, as far as it is known. */
  leader(): string | undefined;
  /** Stops standing, and gives leadership up. Idempotent. */
  close(): Promise<void>;
}
