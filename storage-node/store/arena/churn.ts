import { Key } from '../key.js';
import { plainMetadata } from '../tier-store.js';
import type { ArenaStore } from './arena-store.js';

/** How a churn goes: puts and deletes of keys chosen at random from a window that grows and shrinks. */
export interface ChurnOptions {
  readonly operations: number;
  /** Keys in use at the height of a wave. */
  readonly keys: number;
  /** Length of the value of the object stored by one put, from a random number in [0, 1). */
  readonly sizeOf: (random: number) => number;
  /** Puts per operation along the run, from the progress in [0, 1); the rest are deletes. */
  readonly putShare: (progress: number) => number;
  /** Called now and then with how things stand. */
  readonly observe: (state: ChurnState) => void;
}

export interface ChurnState {
  readonly operation: number;
  readonly objects: number;
  /** Keys, values and the overhead objects are charged. */
  readonly liveBytes: number;
  readonly reservedBytes: number;
}

const observations = 200;

/** Values of mixed sizes: mostly up to 2 KiB, some up to 16 KiB, a few up to 256 KiB. */
export function mixedSize(random: number): number {
  const fraction = (random * 1000) % 1;
  if (random < 0.85) return Math.floor(fraction * 2048);
  return Math.floor(fraction * (random < 0.995 ? 16 * 1024 : 256 * 1024));
}

/** Runs random puts and deletes on a store; the same ones for the same options. */
export function churn(store: ArenaStore, options: ChurnOptions): void {
  const { operations, keys, sizeOf, putShare, observe } = options;
  const random = randomNumbers(7);
  const key = new Key();
  const keyBytes = Buffer.alloc(16);
  const value = Buffer.alloc(512 * 1024, 0x76);
  const metadata = plainMetadata(1_760_000_000_000);
  for (let operation = 0; operation < operations; operation++) {
    keyBytes.writeUInt32LE(Math.floor(random() * keys));
    key.set(keyBytes, 0, keyBytes.length);
    if (random() < putShare(operation / operations)) {
      if (!store.put(key, value, 0, sizeOf(random()), metadata)) throw new Error('the store of the churn is full');
    } else store.delete(key);
    if (operation % Math.ceil(operations / observations) === 0) observe({ operation, ...stateOf(store) });
  }
  observe({ operation: operations, ...stateOf(store) });
}

function stateOf(store: ArenaStore): Omit<ChurnState, 'operation'> {
  const { objects, usedBytes, reservedBytes } = store.usage;
  return { objects, liveBytes: usedBytes, reservedBytes };
}

/** Numbers in [0, 1) by Marsaglia's xorshift. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Reserved bytes may exceed 1.25 times the live bytes by this much: a slab per size class and a few segments. */
export const slackBytes = 6 * 1024 * 1024;
