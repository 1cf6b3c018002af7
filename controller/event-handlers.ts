import type * as wire from '@satchel/proto/gen';
import { notLeading, toServiceError } from '@satchel/proto/rpc';
import type { Jobs } from './jobs.js';

/** Events that wait for somebody who does not read them; beyond, the watch is ended. */
const mostWaiting = 10_000;

interface EventParts {
  readonly jobs: Jobs;
  /** Whether this controller leads; one that does not tells nothing. Default: it does. */
  readonly leads?: (() => boolean) | undefined;
}

/** The method of the control API that tells what happens to a job. */
export function eventHandlers(parts: EventParts): Pick<wire.JobsHandlers, 'WatchJob'> {
  return { WatchJob: (call) => watchJob(parts, call) };
}

function watchJob({ jobs, leads }: EventParts, call: Parameters<wire.JobsHandlers['WatchJob']>[0]): void {
  const { job } = call.request;
  try {
    jobs.table.active(job);
  } catch (thrown) {
    call.emit('error', toServiceError(thrown));
    return;
  }
  let waiting = 0;
  const stop = jobs.events.add(job, (event) => {
    if (leads?.() === false) {
      stop();
      call.emit('error', notLeading());
      return;
    }
    waiting++;
    call.write(event, () => waiting--);
    if (event.kind === 'ended' || waiting > mostWaiting) {
      stop();
      call.end();
    }
  });
  // Who watches knows by this that nothing is missed from here on.
  call.write({ job, atMs: jobs.events.now(), kind: 'watching', expiresAtMs: jobs.leases.expiresMs(job) ?? 0 });
  call.on('cancelled', stop);
  call.on('close', stop);
}
