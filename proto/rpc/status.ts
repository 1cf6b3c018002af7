import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, SatchelError } from '../core/index.js';

const statusOfCode: Partial<Record<ErrorCode, status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  'wrong-token': status.UNAUTHENTICATED,
  'permission-denied': status.PERMISSION_DENIED,
  'no-job': status.NOT_FOUND,
  'not-found': status.NOT_FOUND,
  'invalid-argument': status.INVALID_ARGUMENT,
  'quota-exceeded': status.RESOURCE_EXHAUSTED,
  'out-of-memory': status.RESOURCE_EXHAUSTED,
  gone: status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
};

const codeMetadataKey = 'satchel-code';

/** The error as gRPC carries it: nearest status, our code in metadata. */
export function toServiceError(thrown: unknown): Partial<ServiceError> {
  const error = SatchelError.from(thrown);
  const metadata = new Metadata();
  metadata.set(codeMetadataKey, error.code);
  return { code: statusOfCode[error.code] ?? status.INTERNAL, details: error.message, metadata };
}

/** What a controller answers that does not lead any more: the caller finds the one that does. */
export function notLeading(): Partial<ServiceError> {
  return { code: status.UNAVAILABLE, details: 'this controller does not lead any more' };
}

/** Whether a call failed because its connection could not be made or broke, or because the controller does not lead. */
export function isLost(error: ServiceError): boolean {
  return error.code === status.UNAVAILABLE && error.metadata?.get(codeMetadataKey)[0] === undefined;
}

/** What kept a connection from being made, out of what gRPC says around it. */
function whyLost(details: string): string {
  return /Last error: (?:Error: )?(.+?)\. Resolution note:/.exec(details)?.[1] ?? details;
}

/** A failed call's error; a server that could not be reached is `unavailable` and names `address`. */
export function fromServiceError(error: ServiceError, address: string): SatchelError {
  const code = error.metadata?.get(codeMetadataKey)[0];
  if (typeof code === 'string') return new SatchelError(code as ErrorCode, error.details, { cause: error });
  if (error.code === status.UNAVAILABLE) {
    return new SatchelError('unavailable', `the controller at ${address} cannot be reached: ${whyLost(error.details)}`, {
      cause: error,
    });
  }
  if (error.code === status.DEADLINE_EXCEEDED) {
    return new SatchelError('timeout', `the controller at ${address} did not answer in time`, { cause: error });
  }
  return new SatchelError('internal', `the controller at ${address} answered: ${error.details}`, { cause: error });
}
