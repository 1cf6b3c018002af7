import { serveWorker } from '../../worker.js';
import { listenForNothing } from './server.js';

/** Functions of the process in which the server that stores nothing runs. */
const functions = {
  listen: async ({ valueBytes }: { readonly valueBytes: number }) => (await listenForNothing(valueBytes)).port,
};
export type NothingFunctions = typeof functions;

serveWorker(functions);
