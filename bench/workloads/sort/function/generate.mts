import type { Layout } from './records.mjs';

/** How keys are drawn: evenly, 80 % of them from 1 % of the key space, or from 1,000 distinct ones. */
export const distributions = ['uniform', 'skewed', 'duplicates'] as const;
export type Distribution = (typeof distributions)[number];

const distinctKeys = 1000;

/** `count` records of the Sort Benchmark's layout (key, record number in hexadecimal, filler), the same for the same seed. */
export function generateRecords(
  layout: Layout & { kind: 'fixed' },
  first: number,
  count: number,
  seed: number,
  distribution: Distribution,
): Buffer {
  const { recordBytes, keyBytes } = layout;
  const buffer = Buffer.alloc(count * recordBytes, 0x2e);
  const random = randomWords(seed ^ Math.imul(first + 1, 0x9e3779b1));
  for (let index = 0; index < count; index++) {
    const start = index * recordBytes;
    const word = random();
    const source = distribution === 'duplicates' ? randomWords(word % distinctKeys) : random;
    for (let at = 0; at < keyBytes; at += 2) buffer.writeUInt16BE(source() & 0xffff, start + at);
    if (distribution === 'skewed' && word % 10 < 8) buffer.writeUInt16BE((word >>> 8) % 655, start);
    buffer.write((first + index).toString(16).padStart(32, '0'), start + keyBytes + 2, 'latin1');
    buffer.writeUInt16BE(0x0d0a, start + recordBytes - 2);
  }
  return buffer;
}

/** Marsaglia's xorshift128 with a seed spread over its state; a stream of 32-bit words. */
export function randomWords(seed: number): () => number {
  let x = 123_456_789 ^ seed;
  let y = Math.imul(362_436_069, seed | 1);
  let z = 521_288_629 ^ Math.imul(seed, 0x85ebca6b);
  let w = 88_675_123;
  const next = (): number => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  for (let warm = 0; warm < 8; warm++) next();
  return next;
}
