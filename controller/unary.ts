import { SatchelError } from '@satchel/proto/core';
import { notLeading, toServiceError } from '@satchel/proto/rpc';
import type { Logger } from 'pino';
import type { Metrics } from './http/metrics.js';

/** What calls fail with on a controller that has ceased to lead. */
const movedCodes: ReadonlySet<string> = new Set(['unavailable', 'unknown-outcome', 'internal']);

/** What every method of the control API uses. */
export interface UnaryParts {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether this controller leads; one that does not refuses every call. Default: it does. */
  readonly leads?: (() => boolean) | undefined;
}

/** A method that answers once, as gRPC calls it. */
export type UnaryHandler<Request, Response> = (
  call: { readonly request: Request },
  callback: (error: ReturnType<typeof toServiceError> | null, response?: Response) => void,
) => void;

/** A method that answers once: times it and turns what it throws into a status. */
export function unary<Request, Response>(
  { metrics, log, leads = () => true }: UnaryParts,
  name: string,
  handle: (request: Request) => Response | Promise<Response>,
): UnaryHandler<Request, Response> {
  return async (call, callback) => {
    const done = metrics.call(name);
    try {
      if (!leads()) throw new SatchelError('unavailable', 'this controller does not lead any more');
      const response = await handle(call.request);
      done('ok');
      callback(null, response);
    } catch (thrown) {
      const error = SatchelError.from(thrown);
      done(error.code);
      if (error.code === 'internal') log.error({ err: thrown, call: name }, 'a call failed');
      // What failed because leadership was lost may be tried again where it went.
      const elsewhere = !leads() && movedCodes.has(error.code);
      callback(elsewhere ? notLeading() : toServiceError(error));
    }
  };
}
