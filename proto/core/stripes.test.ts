import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from './limits.js';
import { slotOf } from './slots.js';
import {
  checkedStripe,
  chunkCount,
  chunkKey,
  chunkKeyBytes,
  chunkLength,
  chunkParts,
  isChunkKey,
  parseChunkKey,
} from './stripes.js';

const version = 'abcDEF012_-abcde';
const key = fc.uint8Array({ maxLength: limits.keyBytes });
const index = fc.integer({ min: 0, max: limits.stripeChunks - 1 });

test('the key of a chunk says what it was made of, and is no longer than announced', () => {
  fc.assert(
    fc.property(key, index, (object, number) => {
      const made = chunkKey({ version, index: number, key: object });
      expect(isChunkKey(made, 0, made.length)).toBe(true);
      expect(made.length).toBeLessThanOrEqual(chunkKeyBytes);
      expect(parseChunkKey(made, 0, made.length)).toEqual({ version, index: number, key: Buffer.from(object) });
      expect(slotOf(made)).toBe(slotOf(`${version}.${number}`));
    }),
  );
});

test('other keys are none of a chunk', () => {
  for (const other of ['', '\0', '\0stripe', 'stripe{', `x${version}`, '\0stripes{']) {
    const bytes = Buffer.from(other);
    expect(isChunkKey(bytes, 0, bytes.length), other).toBe(false);
  }
  for (const broken of [
    `\0stripe{${version}`,
    `\0stripe{${version}.}k`,
    `\0stripe{${version}.1`,
    '\0stripe{short.1}k',
    `\0stripe{${version}.x}`,
  ]) {
    const bytes = Buffer.from(broken);
    expect(() => parseChunkKey(bytes, 0, bytes.length), broken).toThrow();
  }
});

test('chunks cover the value, and parts any range of it, without gap or overlap', () => {
  const size = fc.integer({ min: 1, max: 5 * limits.leastStripeChunkBytes });
  fc.assert(
    fc.property(size, fc.nat(), fc.nat(), (bytes, left, right) => {
      const stripe = { version, size: bytes, chunkBytes: limits.leastStripeChunkBytes };
      const lengths = Array.from({ length: chunkCount(stripe) }, (_, number) => chunkLength(stripe, number));
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(bytes);
      expect(Math.min(...lengths)).toBeGreaterThan(0);
      const [from = 0, to = 0] = [left % bytes, right % (bytes + 1)].sort((a, b) => a - b);
      let at = from;
      for (const part of chunkParts(stripe, from, to)) {
        expect(part.index * stripe.chunkBytes + part.from).toBe(at);
        expect(part.to).toBeLessThanOrEqual(lengths[part.index] as number);
        at += part.to - part.from;
      }
      expect(at).toBe(Math.max(from, to));
    }),
  );
});

test('a stripe beyond a limit is refused', () => {
  const sound = { version, size: 10, chunkBytes: limits.leastStripeChunkBytes };
  expect(checkedStripe(sound)).toBe(sound);
  const largest = limits.stripeChunks * limits.leastStripeChunkBytes;
  expect(checkedStripe({ ...sound, size: largest }).size).toBe(largest);
  expect(() => checkedStripe({ ...sound, size: largest + 1 })).toThrow('131073 chunks');
  expect(() => checkedStripe({ ...sound, size: 0 })).toThrow('the size is 0');
  expect(() => checkedStripe({ ...sound, chunkBytes: limits.leastStripeChunkBytes - 1 })).toThrow('4095 bytes');
  expect(() => checkedStripe({ ...sound, chunkBytes: limits.stripeChunkBytes + 1 })).toThrow('bytes');
  expect(() => checkedStripe({ ...sound, version: 'x' })).toThrow('a version has 16');
});
