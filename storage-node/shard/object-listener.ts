import type { Key } from '../store/key.js';
import type { ObjectMetadata } from '../store/tier-store.js';

/** What the job wants to know of its objects. */
export interface ObjectListener {
  /** An object was removed, by whatever. */
  removed(key: Key): void;
  /** An object was stored. */
  stored(key: Key): void;
  /** Whether a key is another shard's by now: it is neither listed nor counted. */
  hides(key: Key): boolean;
  /** Whether `deliver` is to be called when this key is stored. */
  isAwaited(key: Key): boolean;
  /** The value that was stored, in a buffer of its own. */
  deliver(key: Key, value: Buffer, metadata: ObjectMetadata, nowMs: number): void;
  /** Something changed that `flush` is to make safe. */
  changed(): void;
}
