import { SatchelError } from '@satchel/proto/core';
import { openSubject, type Subject, type SubjectChoice } from '../subjects.js';
import { serveWorker } from '../worker.js';
import { type BulkOptions, readInBulk, storeInBulk } from './bulk.js';
import { HeldStore, type Occupation } from './held-store.js';
import type { LoadFigures } from './server-cpu.js';
import { type LoadOptions, SteadyLoad } from './steady-load.js';

let subject: Subject | undefined;
let load: SteadyLoad | undefined;
let held: HeldStore | undefined;

function opened(): Subject {
  if (subject === undefined) throw new SatchelError('internal', 'no subject was opened');
  return subject;
}

/** Functions of a process that makes load. */
const functions = {
  open: async (choice: SubjectChoice): Promise<void> => {
    subject = await openSubject(choice);
  },
  begin: (options: LoadOptions): void => {
    load = new SteadyLoad(opened(), options);
  },
  end: async (_: undefined): Promise<LoadFigures> => {
    if (load === undefined) throw new SatchelError('internal', 'no load was begun');
    return load.end();
  },
  hold: (occupation: Occupation): void => {
    held = new HeldStore(opened(), occupation);
  },
  letGo: async (_: undefined): Promise<number> => (await held?.end()) ?? 0,
  put: ({ key, valueBytes }: { readonly key: string; readonly valueBytes: number }): Promise<unknown> =>
    opened().put(key, Buffer.alloc(valueBytes, 'x')),
  store: ({ url, ...options }: BulkOptions & { readonly url: string }): Promise<void> => storeInBulk(url, options),
  /** Reads in bulk again and again for at least so long; resolves to the number of times. */
  readFor: async (
    options: BulkOptions & { readonly url: string; readonly stored: number; readonly forMs: number },
  ): Promise<number> => {
    const endMs = performance.now() + options.forMs;
    let times = 0;
    do {
      await readInBulk(options.url, options, options.stored);
      times++;
    } while (performance.now() < endMs);
    return times;
  },
  /** Removes the keys with a prefix; resolves to their number. */
  deletePrefix: async (prefix: string): Promise<number> => (await opened().store?.deletePrefix(prefix)) ?? 0,
  /** Lists keys for at least so long or to the end; resolves to their number. */
  listFor: async ({ prefix, forMs }: { readonly prefix: string; readonly forMs: number }): Promise<number> => {
    const endMs = performance.now() + forMs;
    let keys = 0;
    for await (const _ of opened().list(prefix)) if (++keys % 1000 === 0 && performance.now() > endMs) break;
    return keys;
  },
};
export type LoadFunctions = typeof functions;

serveWorker(functions);
