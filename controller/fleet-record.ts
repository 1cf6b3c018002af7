import { SatchelError } from '@satchel/proto/core';
import type { FleetRecord } from './model.js';
import { changesFromFormat1, stateFormat } from './state/formats.js';
import type { StateStore } from './state/state-store.js';
import { newPrivateKey } from './tokens.js';

/**
 * What belongs to the fleet as a whole, made if the state is empty; a state of an earlier format is brought up to this one. To be called before
 * anything else is read. Throws `unavailable` if a later version wrote the state.
 */
export async function openFleetRecord(store: StateStore, nowMs: number): Promise<FleetRecord> {
  const known = store.all('fleet')[0];
  if (known === undefined) {
    const record: FleetRecord = { format: stateFormat, privateKeyJwk: await newPrivateKey(), nextShard: 1 };
    await store.commit([{ collection: 'fleet', key: 'fleet', value: record }]);
    return record;
  }
  if (known.format === stateFormat) return known;
  if (known.format !== 1) {
    throw new SatchelError(
      'unavailable',
      `the state has format ${known.format}, this controller reads formats 1 to ${stateFormat}; use the version that wrote it or another --state`,
    );
  }
  await store.commit(changesFromFormat1(store, known, nowMs));
  return { ...known, format: stateFormat };
}
