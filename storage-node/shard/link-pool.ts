import { Link, type LinkOptions } from './link.js';

/** The links of a shard, one per other shard, opened as they are needed. */
export class LinkPool {
  readonly #options: Omit<LinkOptions, 'shard'>;
  readonly #links = new Map<number, Link>();

  constructor(options: Omit<LinkOptions, 'shard'>) {
    this.#options = options;
  }

  to(shard: number): Link {
    let link = this.#links.get(shard);
    if (link === undefined) {
      link = new Link({ ...this.#options, shard });
      this.#links.set(shard, link);
    }
    return link;
  }

  /** Ends all links; what is under way on them fails. */
  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }
}
