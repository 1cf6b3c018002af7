import { SatchelError } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';

/** A value, undefined if there is none. */
export function decodeValue(reply: Reply): Buffer | undefined {
  if (Buffer.isBuffer(reply)) return reply;
  if (reply === null) return undefined;
  throw unexpected('a value', reply);
}

/** A value as UTF-8 text, undefined if there is none. */
export function decodeText(reply: Reply): string | undefined {
  return decodeValue(reply)?.toString();
}

export function decodeNumber(reply: Reply): number {
  if (typeof reply === 'number') return reply;
  throw unexpected('a number', reply);
}

export function decodeFlag(reply: Reply): boolean {
  return decodeNumber(reply) > 0;
}

/** OK: it was stored; null: the condition did not hold. */
export function decodeStored(reply: Reply): boolean {
  if (reply === 'OK') return true;
  if (reply === null) return false;
  throw unexpected('OK', reply);
}

export function decodeNothing(_reply: Reply): void {}

/** A value that must be there. */
export function decodeWaited(reply: Reply): Buffer {
  if (Buffer.isBuffer(reply)) return reply;
  throw unexpected('a value', reply);
}

/** SCAN's page: where to go on, and keys. */
export function decodePage(reply: Reply): { cursor: string; keys: readonly Buffer[] } {
  if (Array.isArray(reply) && Array.isArray(reply[1]))
    return { cursor: String(reply[0]), keys: reply[1].filter(Buffer.isBuffer) };
  throw unexpected('a page of keys', reply);
}

function unexpected(wanted: string, reply: Reply): SatchelError {
  return new SatchelError('internal', `the shard answered ${typeof reply} where ${wanted} was expected`);
}
