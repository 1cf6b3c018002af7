import { SatchelError } from '@satchel/proto/core';

/** Whether the operating system or LMDB refused something: full disk, no descriptors, input/output error. */
export function isDiskError(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'number' || (typeof code === 'string' && /^E[A-Z]+$/.test(code)) || /^MDB_/.test(thrown.message);
}

/** What a user is told when a disk fails under an operation. */
export function diskError(doing: string, cause: unknown): SatchelError {
  if (cause instanceof SatchelError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SatchelError('unavailable', `${doing} failed: ${reason}; check the disk of the storage node, then repeat`, {
    cause,
  });
}
