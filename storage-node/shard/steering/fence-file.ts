import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Fence, FenceStore } from './fences.js';

/** Keeps the fences of a job in a file: they outlive the process, not the disk. */
export class FenceFile implements FenceStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  load(): readonly Fence[] {
    try {
      const kept: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Array.isArray(kept) ? kept.filter(isFence) : [];
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  save(fences: readonly Fence[]): void {
    const whole = `${this.#path}.new`;
    writeFileSync(whole, JSON.stringify(fences));
    renameSync(whole, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

function isFence(value: unknown): value is Fence {
  const names = ['start', 'end', 'shard', 'epoch'];
  return typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'number');
}
