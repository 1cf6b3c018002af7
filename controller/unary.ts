import { SatchelError } from '@satchel/proto/core';
import { toServiceError } from '@satchel/proto/rpc';
import type { Logger } from 'pino';
import type { Metrics } from './http/metrics.js';

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
      if (!leads()) throw new SatchelError('unavailable', 'this controller does not lead any more; call the one that does');
      const response = await handle(call.request);
      done('ok');
      callback(null, response);
    } catch (thrown) {
      const error = SatchelError.from(thrown);
      done(error.code);
      if (error.code === 'internal') log.error({ err: thrown, call: name }, 'a call failed');
      callback(toServiceError(error));
    }
  };
}
