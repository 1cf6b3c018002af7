import { SatchelError, type Tier } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { type ObjectMetadata, objectCharge } from '../store/tier-store.js';
import type { Grant } from './grant.js';
import type { JobObjects } from './job-objects.js';

/**
 * Puts an object of a cache: while its quota is used up, what was used least recently is dropped until the object fits. Throws or
 * rejects as {@link JobObjects.put} if that cannot help.
 */
export function putEvicting(
  objects: JobObjects,
  grant: Grant,
  key: Key,
  value: Buffer,
  start: number,
  end: number,
  metadata: ObjectMetadata,
  nowMs: number,
  tier: Tier | undefined,
): void | Promise<void> {
  const ownKey = key.copy();
  const ownValue = Buffer.from(value.subarray(start, end));
  const ownMetadata = { ...metadata };
  const fits = objectCharge(key.length, end - start) <= grant.bytes;
  const evictFor = (error: unknown) => {
    const full = error instanceof SatchelError && error.code === 'quota-exceeded';
    if (!full || !fits || !objects.evict()) throw error;
  };
  const put = (): void | Promise<void> => {
    for (;;) {
      try {
        const putting = objects.put(ownKey, ownValue, 0, ownValue.length, { ...ownMetadata }, nowMs, tier);
        return putting?.catch((error: unknown) => {
          evictFor(error);
          return put();
        });
      } catch (error) {
        evictFor(error);
      }
    }
  };
  return put();
}
