import type { ServerResponse } from 'node:http';
import { type ErrorCode, SatchelError } from '@satchel/proto/core';

/** The error names of the AWS Lambda API, with their HTTP status. */
const byCode: Partial<Record<ErrorCode, readonly [status: number, name: string]>> = {
  'not-found': [404, 'ResourceNotFoundException'],
  'invalid-argument': [400, 'InvalidRequestContentException'],
  'too-large': [413, 'RequestTooLargeException'],
  'out-of-memory': [429, 'TooManyRequestsException'],
  'wrong-token': [403, 'AccessDeniedException'],
  unavailable: [503, 'ServiceUnavailableException'],
};

/** Answers with an error as AWS Lambda clients understand it: type in a header, message in the body. */
export function sendError(response: ServerResponse, thrown: unknown): void {
  const error = SatchelError.from(thrown);
  const [status, name] = byCode[error.code] ?? [500, 'ServiceException'];
  sendJson(
    response,
    status,
    { Type: status < 500 ? 'User' : 'Server', Message: error.message, code: error.code },
    { 'x-amzn-errortype': name },
  );
}

/** Answers with a JSON document. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
