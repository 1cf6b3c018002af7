import { limits, SatchelError } from '@satchel/proto/core';
import type { Session } from './session.js';

/** Something a connection asked to be told about. */
export interface Watch {
  /** Frees what it holds; it tells nothing any more. Idempotent. */
  cancel(): void;
}

/** What each connection watches of a job, by the id it chose; all of it ends with the connection. */
export class Watches {
  readonly #bySession = new Map<Session, { readonly watches: Map<string, Watch>; readonly forget: () => void }>();

  /** Connections that watch something. */
  get size(): number {
    return this.#bySession.size;
  }

  /** Throws `invalid-argument` unless the id is free. */
  assertFree(session: Session, id: string): void {
    if (id.length > limits.nameCharacters) {
      throw new SatchelError('invalid-argument', `the id has ${id.length} bytes, the limit is ${limits.nameCharacters}`);
    }
    if (this.#bySession.get(session)?.watches.has(id)) {
      throw new SatchelError('invalid-argument', `this connection already waits under the id '${id}'; choose another`);
    }
  }

  /** Keeps a watch until it ends. */
  add(session: Session, id: string, watch: Watch): void {
    let entry = this.#bySession.get(session);
    if (entry === undefined) {
      entry = { watches: new Map(), forget: session.onClose(() => this.#closed(session)) };
      if (session.closed) {
        watch.cancel();
        return;
      }
      this.#bySession.set(session, entry);
    }
    entry.watches.set(id, watch);
  }

  /** Forgets a watch that has ended; false if there was none. */
  remove(session: Session, id: string): boolean {
    const entry = this.#bySession.get(session);
    if (entry === undefined || !entry.watches.delete(id)) return false;
    if (entry.watches.size === 0) {
      this.#bySession.delete(session);
      entry.forget();
    }
    return true;
  }

  /** Cancels a watch; false if there was none. */
  cancel(session: Session, id: string): boolean {
    const watch = this.#bySession.get(session)?.watches.get(id);
    if (watch === undefined) return false;
    this.remove(session, id);
    watch.cancel();
    return true;
  }

  #closed(session: Session): void {
    const entry = this.#bySession.get(session);
    this.#bySession.delete(session);
    for (const watch of entry?.watches.values() ?? []) watch.cancel();
  }
}
