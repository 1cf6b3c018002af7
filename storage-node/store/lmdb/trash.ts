import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Clock, randomId, systemClock } from '@satchel/proto/core';
import { diskError } from './disk-error.js';

export interface TrashOptions {
  /** Where discarded folders wait for their removal; on the file system of what is discarded. */
  readonly folder: string;
  /** Frees what a discarded folder stands for elsewhere, such as in the object store, before the folder goes. Repeated until it succeeds. */
  readonly reclaim?: (discardedFolder: string) => Promise<void>;
  readonly clock?: Clock;
  /** Called with what went wrong when a folder could not be removed yet; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** Removes folders in the background: a folder is gone from its place at once, whatever it holds, and frees its space later. */
export class Trash {
  readonly #options: TrashOptions;
  readonly #clock: Clock;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: TrashOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Takes a folder away at once; one that does not exist is fine. Throws `unavailable` if that fails. Settles, never rejecting, after the first attempt to free its space. */
  discard(folder: string): Promise<void> {
    const discarded = join(this.#options.folder, `${basename(folder)}-${randomId(12)}`);
    try {
      mkdirSync(this.#options.folder, { recursive: true });
      renameSync(folder, discarded);
    } catch (error) {
      if (isMissing(error)) return Promise.resolve();
      throw diskError(`moving ${folder} to the trash`, error);
    }
    return this.#remove(discarded, firstRetryMs);
  }

  /** Goes on with what an earlier process discarded. Settles after the first attempt. */
  async resume(): Promise<void> {
    const names = readNames(this.#options.folder);
    await Promise.all(names.map((name) => this.#remove(join(this.#options.folder, name), firstRetryMs)));
  }

  /** Settles when nothing is being removed at the moment. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #remove(discarded: string, retryMs: number): Promise<void> {
    const attempt = this.#attempt(discarded).catch((error: unknown) => {
      this.#options.onError?.(error);
      this.#clock.after(retryMs, () => void this.#remove(discarded, Math.min(2 * retryMs, longestRetryMs)));
    });
    this.#underWay.add(attempt);
    return attempt.finally(() => this.#underWay.delete(attempt));
  }

  async #attempt(discarded: string): Promise<void> {
    await this.#options.reclaim?.(discarded);
    await rm(discarded, { recursive: true, force: true });
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
