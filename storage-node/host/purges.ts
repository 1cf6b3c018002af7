/** Jobs that have ended and whose shards have not all reported yet that everything of it is gone. */
export class Purges {
  private readonly waiting = new Map<string, Set<number>>();

  /** Begins to wait for the shards with these indexes; a purge under way goes on as it is. */
  begin(job: string, shards: readonly number[]): void {
    if (!this.waiting.has(job)) this.waiting.set(job, new Set(shards));
  }

  /** A shard has nothing of the job any more. True for the last one, once. */
  confirmed(job: string, shard: number): boolean {
    const left = this.waiting.get(job);
    if (!left?.delete(shard) || left.size > 0) return false;
    this.waiting.delete(job);
    return true;
  }

  /** Jobs that at least one shard has yet to purge. */
  get size(): number {
    return this.waiting.size;
  }

  /** Jobs that a shard has yet to purge. */
  of(shard: number): string[] {
    return [...this.waiting].filter(([, left]) => left.has(shard)).map(([job]) => job);
  }
}
