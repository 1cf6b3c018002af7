import { limits, SatchelError } from '@satchel/proto/core';
import type { Argument, ObjectKey } from './call.js';
import { ChunkedValue } from './chunked-value.js';

/** What keeps this from being a key: too many bytes, or, from callers without types, neither text nor bytes. */
export function keyProblem(key: ObjectKey): SatchelError | undefined {
  if (!isData(key)) return notData('key', key);
  if (key.length <= limits.keyBytes) return undefined;
  return new SatchelError('too-large', `the key has ${key.length} bytes, the limit is ${limits.keyBytes}`);
}

/** What keeps this from being a value, whatever its length. */
export function valueProblem(value: string | Uint8Array): SatchelError | undefined {
  return isData(value) ? undefined : notData('value', value);
}

/** What in a command cannot be sent; found only half way through, it would leave half a command on the connection. */
export function commandProblem(args: readonly Argument[]): SatchelError | undefined {
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] as Argument;
    if (typeof argument !== 'number' && !isData(argument) && !(argument instanceof ChunkedValue))
      return notData('argument', argument);
  }
  return undefined;
}

/** The glob pattern of all keys with a prefix; undefined: every key. Throws `invalid-argument` on what is no prefix. */
export function prefixPattern(prefix: ObjectKey): Buffer | undefined {
  if (!isData(prefix)) throw notData('prefix', prefix);
  if (prefix.length === 0) return undefined;
  const escaped = Buffer.from(prefix as string)
    .toString('latin1')
    .replaceAll(/[*?[\]\\^]/g, '\\$&');
  return Buffer.from(`${escaped}*`, 'latin1');
}

/** Text, or a view of single bytes: of any other its length is not that of its bytes. */
function isData(data: unknown): boolean {
  return typeof data === 'string' || (ArrayBuffer.isView(data) && 'BYTES_PER_ELEMENT' in data && data.BYTES_PER_ELEMENT === 1);
}

function notData(what: string, data: unknown): SatchelError {
  const given = typeof data === 'object' && data !== null ? `a ${data.constructor?.name ?? 'object'}` : `${data}`;
  return new SatchelError('invalid-argument', `the ${what} is ${given}; give text or bytes, such as a Buffer or Uint8Array`);
}
