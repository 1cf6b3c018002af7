import { connect } from '@satchel/client';
import type { DataStore } from './store.js';

/** Opens the store of a job's URL through the SDK. */
export async function openStore(url: string): Promise<DataStore> {
  const store = connect(url);
  return {
    put: (key, source, as) => store.putStream(key, source, as),
    get: (key) => store.get(key),
    getStream: (key) => store.getStream(key),
    stat: (key) => store.stat(key),
    list: (prefix) => store.list(prefix),
    delete: async (key) => (await store.delete(key)) > 0,
    close: () => store.close(),
  };
}
