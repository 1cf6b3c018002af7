import type { NodeProvider, NodeShape, ProvidedNode } from '../../providers/node-provider.js';

/** A provider whose nodes a test lets run, leave and fail. */
export class FakeProvider implements NodeProvider {
  readonly kind = 'local';
  readonly shapes: readonly NodeShape[];
  readonly there = new Map<string, ProvidedNode['phase']>();
  readonly removed: string[] = [];
  /** What the next calls of `start` reject with. */
  failure: Error | undefined;
  /** What the next calls of `remove` reject with. */
  removeFailure: Error | undefined;
  /** Calls of `start` that came in, failed ones included. */
  starts = 0;
  #next = 1;

  constructor(shape: Partial<NodeShape> = {}) {
    const GiB = 2 ** 30;
    this.shapes = [
      {
        ...{
          name: 'fake',
          shards: 1,
          dramBytes: GiB,
          ssdBytes: 4 * GiB,
          throughputBytesPerSecond: 1e9,
          dollarsPerHour: 1,
          most: 9,
        },
        ...shape,
      },
    ];
  }

  async nodes(): Promise<readonly ProvidedNode[]> {
    return [...this.there].map(([node, phase]) => ({ node, shape: 'fake', phase }));
  }

  async start(_shape: string, count: number): Promise<readonly string[]> {
    this.starts++;
    if (this.failure !== undefined) throw this.failure;
    const names = Array.from({ length: count }, () => `fake-${this.#next++}`);
    for (const name of names) this.there.set(name, 'starting');
    return names;
  }

  async removable(nodes: readonly string[]): Promise<readonly string[]> {
    return nodes;
  }

  async remove(node: string): Promise<void> {
    if (this.removeFailure !== undefined) throw this.removeFailure;
    this.there.delete(node);
    this.removed.push(node);
  }

  async close(): Promise<void> {}
}
