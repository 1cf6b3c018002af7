import { SatchelError } from '@satchel/proto/core';
import type { DataStore } from './store.js';

/** Opens the store of a job's URL through the SDK. */
export async function openStore(_url: string): Promise<DataStore> {
  throw new SatchelError('unavailable', 'pending SDK');
}
