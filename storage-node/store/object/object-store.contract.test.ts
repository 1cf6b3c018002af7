import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { JobEnvironment } from '../lmdb/job-environment.js';
import { MemoryObjectClient } from '../testing/memory-object-client.js';
import { startFileStore, startS3Store, type TestObjectStore } from '../testing/object-stores.js';
import type { OpenedStore } from '../testing/open-store.js';
import { describeTierStore } from '../testing/tier-store-contract.js';
import { describeTierStoreModel } from '../testing/tier-store-model.js';
import type { ObjectClient } from './object-client.js';
import { ObjectStore } from './object-store.js';
import { openTrash } from './reclaim.js';

/** An object tier of a job of its own; closing it checks that nothing of it is left in the object store. */
function openStore(client: ObjectClient, budgetBytes: number): OpenedStore {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-object-tier-'));
  const trash = openTrash({ folder: join(folder, 'trash'), client });
  const environment = new JobEnvironment({ folder: join(folder, 'job'), trash });
  const store = new ObjectStore({ environment, client, namespace: 'ns', job: basename(folder), budgetBytes });
  const close = async (): Promise<void> => {
    await store.idle();
    await trash.idle();
    expect(await client.list(`jobs/ns/${basename(folder)}/`, '', 10)).toEqual([]);
    rmSync(folder, { recursive: true });
  };
  return { store, close };
}

const memory = new MemoryObjectClient();
describeTierStore('the object tier', ({ budgetBytes }) => openStore(memory, budgetBytes));

/** Random histories on a real store; the whole contract would take minutes. */
function describeOn(name: string, start: () => Promise<TestObjectStore>, histories: number): void {
  describe(`the object tier in ${name}`, () => {
    let server: TestObjectStore;
    let client: ObjectClient;
    beforeAll(async () => {
      server = await start();
      client = await server.open();
    });
    afterAll(async () => {
      client.close();
      await server.stop();
    });
    describeTierStoreModel(({ budgetBytes }) => openStore(client, budgetBytes), { histories, commands: 80 });
  });
}

describeOn('a folder', startFileStore, 10);
describeOn('an S3 server', startS3Store, 2);
