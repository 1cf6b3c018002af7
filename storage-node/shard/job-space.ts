import { SatchelError } from '@satchel/proto/core';
import type { Grant } from './grant.js';

/**
 * What a job takes of its grant. Objects that a restarted shard found again are held before they could be reserved: until the
 * grant covers them, what is freed pays for them first, so that no more is ever released than was reserved.
 */
export class JobSpace {
  readonly grant: Grant;
  #unreservedBytes = 0;

  constructor(grant: Grant) {
    this.grant = grant;
  }

  /** Takes bytes for what is found at start, without asking whether there is room. */
  adopt(bytes: number): void {
    if (bytes === 0) return;
    const taken = this.grant.reserve(bytes);
    if (taken === true) return;
    this.#unreservedBytes += bytes;
    if (taken !== false) void taken.then((granted) => granted && this.#cover(bytes)).catch(() => {});
  }

  /** Takes bytes that another shard holds until it has handed them over; `cover` then asks for them. */
  carry(bytes: number): void {
    this.#unreservedBytes += bytes;
  }

  /** Asks the grant for bytes that were carried. */
  cover(bytes: number): void {
    const taken = bytes > 0 && this.grant.reserve(bytes);
    if (taken === true) this.#cover(bytes);
    else if (taken !== false) void taken.then((granted) => granted && this.#cover(bytes)).catch(() => {});
  }

  /** Takes bytes of the grant; a promise while more is asked of the controller. Throws or rejects with `quota-exceeded`. */
  take(bytes: number): void | Promise<void> {
    const taken = this.grant.reserve(bytes);
    if (taken === true) return;
    if (taken === false) throw quotaError(bytes);
    return taken.then((granted) => {
      if (!granted) throw quotaError(bytes);
    });
  }

  /** Takes bytes if they are there at once; what was asked of the controller for want of them is given back when it comes. */
  takeNow(bytes: number): boolean {
    const taken = this.grant.reserve(bytes);
    if (typeof taken === 'boolean') return taken;
    void taken.then((granted) => granted && this.grant.release(bytes)).catch(() => {});
    return false;
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    const paid = Math.min(bytes, this.#unreservedBytes);
    this.#unreservedBytes -= paid;
    if (bytes > paid) this.grant.release(bytes - paid);
  }

  #cover(bytes: number): void {
    const covered = Math.min(bytes, this.#unreservedBytes);
    this.#unreservedBytes -= covered;
    if (bytes > covered) this.grant.release(bytes - covered);
  }
}

/** The error when the quota is used up. */
export function quotaError(bytes: number): SatchelError {
  return new SatchelError(
    'quota-exceeded',
    `${bytes} bytes more exceed what is left of the job's quota; delete objects or raise the capacity hint`,
  );
}

/** The error when no tier has room. */
export function fullError(): SatchelError {
  return new SatchelError(
    'out-of-memory',
    'every tier the job may use is full on this shard; delete objects, or register with a capacity hint',
  );
}
