import type { Clock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { PriceSheet } from './sizing/price-sheet.js';
import type { Change, StateStore } from './state/state-store.js';

/** What every part of the controller works with. */
export interface Environment {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether nobody else can lead at this moment. Default: nobody ever does. */
  readonly leads?: (() => boolean) | undefined;
  /** Default: the list prices that come with the controller. */
  readonly prices?: PriceSheet | undefined;
}

/** Commits what nobody waits for; a failure is logged. */
export function commitInBackground(store: StateStore, log: Logger, changes: readonly Change[]): void {
  store.commit(changes).catch((error: unknown) => log.error({ err: error }, 'a change of state could not be written'));
}
