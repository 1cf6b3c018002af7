import { randomBytes } from 'node:crypto';
import { SatchelError } from './errors.js';
import { limits } from './limits.js';

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** `length` random characters of [0-9a-z]; 16 of them carry 82 bits. */
export function randomId(length: number): string {
  let id = '';
  while (id.length < length) {
    const byte = randomByte();
    // 252 is the largest multiple of 36 below 256: the rest would favour some characters.
    if (byte < 252) id += alphabet[byte % 36];
  }
  return id;
}

/** Drawn ahead: asking the system takes as long for one byte as for many. */
let drawn = Buffer.alloc(0);
let used = 0;

function randomByte(): number {
  if (used === drawn.length) {
    drawn = randomBytes(512);
    used = 0;
  }
  return drawn[used++] as number;
}

/** Characters of an id's end that are drawn; the others, before them, are milliseconds. */
const drawnLength = 4;
const perMillisecond = alphabet.length ** drawnLength;
const idLength = 12;
let lastId = 0n;

/**
 * 12 characters of [0-9a-z] that never come again in this process, each greater than the one before: milliseconds, then a random part that
 * makes ids of several processes differ. What is kept by id so lies side by side for jobs that began together, and is written in one go.
 */
function orderedId(): string {
  const now = BigInt(Date.now()) * BigInt(perMillisecond);
  const random = (randomByte() << 8) | randomByte();
  lastId = lastId >= now ? lastId + 1n + BigInt(random & 15) : now + BigInt(random * 16 + (randomByte() & 15));
  return lastId.toString(36).padStart(idLength, '0').slice(-idLength);
}

/** A job id, `[a-z0-9-]`: a readable part of the job's name, then 12 characters by which ids of one name are in the order of their making. */
export function newJobId(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 24);
  return `${label === '' ? 'job' : label}-${orderedId()}`;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Returns the name of a job, namespace, node or function, or throws `invalid-argument` saying what is wrong with it. */
export function checkName(kind: string, name: string): string {
  if (name.length > limits.nameCharacters) {
    throw new SatchelError('invalid-argument', `${kind} has ${name.length} characters, the limit is ${limits.nameCharacters}`);
  }
  if (!namePattern.test(name)) {
    throw new SatchelError(
      'invalid-argument',
      `${kind} '${name}' must be letters, digits, '.', '_' and '-', starting with a letter or digit`,
    );
  }
  return name;
}
