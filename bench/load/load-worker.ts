import type { Scope } from '../scope.js';
import type { SubjectChoice } from '../subjects.js';
import { Worker } from '../worker.js';
import type { LoadFunctions } from './main.js';

/** A process that makes load. */
export type LoadWorker = Worker<LoadFunctions>;

/** Starts one, on a subject of its own; ends with the scope. */
export async function startLoadWorker(scope: Scope, choice: SubjectChoice): Promise<LoadWorker> {
  const worker = new Worker<LoadFunctions>(new URL('./main.js', import.meta.url));
  await scope.open(worker, (opened) => opened.close());
  await worker.call('open', choice);
  return worker;
}
