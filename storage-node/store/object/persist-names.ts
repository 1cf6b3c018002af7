import { SatchelError } from '@satchel/proto/core';

/**
 * A key of any bytes as part of an object's name. [A-Za-z0-9_-] stand for themselves, any other byte is `!` and two hexadecimal
 * digits, the empty key is `!`. What is longer than a file name may be is cut by `/`, which no encoded key contains. So names
 * begin with the encoded prefix exactly if their keys begin with the prefix.
 */
const partCharacters = 180;
/** The longest name S3 takes. */
const nameCharacters = 1024;
const plain = /^[A-Za-z0-9_-]$/;
const encodedBytes = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return plain.test(character) ? character : `!${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** The name of a key's object below `folder`; throws `too-large` for a key whose name would be longer than S3 takes. */
export function nameOfKey(folder: string, key: Buffer): string {
  const name = folder + (key.length === 0 ? '!' : encode(key));
  if (name.length <= nameCharacters) return name;
  throw new SatchelError(
    'too-large',
    `the key of ${key.length} bytes is too long to be persisted: its name in the object store would have ${name.length} characters, ` +
      `the limit is ${nameCharacters}; bytes other than letters, digits, '_' and '-' take three`,
  );
}

/** Whether `nameOfKey` has a name for it. */
export function isNameable(folder: string, key: Buffer): boolean {
  return folder.length + Math.max(1, encode(key).length) <= nameCharacters;
}

/** What the names of all keys with that prefix begin with. */
export function namePrefixOfKeys(folder: string, prefix: Buffer): string {
  return folder + encode(prefix);
}

/** The key of an object below `folder`. */
export function keyOfName(folder: string, name: string): Buffer {
  const encoded = name.slice(folder.length).replaceAll('/', '');
  if (encoded === '!') return Buffer.alloc(0);
  const decoded = encoded.replaceAll(/!([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(decoded, 'latin1');
}

function encode(key: Buffer): string {
  let encoded = '';
  for (const byte of key) encoded += encodedBytes[byte];
  const parts: string[] = [];
  for (let start = 0; start < encoded.length; start += partCharacters) parts.push(encoded.slice(start, start + partCharacters));
  return parts.join('/');
}
