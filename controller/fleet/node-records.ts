import type { NodeRecord, NodeShard } from '../model.js';

/** A node as it introduces itself. */
export type NodeIntroduction = Omit<NodeRecord, 'shards' | 'draining' | 'drainedBy' | 'up'> & {
  readonly shards: readonly Omit<NodeShard, 'shard'>[];
};

/**
 * A node's record by its introduction. Places that it had keep their shard ids, also those that it does not have at present; others
 * get ids from `newShard`. Whether it drains stays as it was.
 */
export function recordOf(introduction: NodeIntroduction, known: NodeRecord | undefined, newShard: () => number): NodeRecord {
  const shards = introduction.shards.map((listen) => {
    const shard = known?.shards.find(({ index }) => index === listen.index)?.shard ?? newShard();
    return { ...listen, shard };
  });
  const absent = (known?.shards ?? []).filter(({ index }) => !shards.some((shard) => shard.index === index));
  const gone = absent.map((shard) => ({ ...shard, endpointPort: 0, directPort: 0, socket: '' }));
  const drain = known?.draining ? { draining: true, drainedBy: known.drainedBy } : { draining: false };
  return { ...introduction, ...drain, shards: [...shards, ...gone], up: true };
}

/**
 * Shards whose places have other contents than when the node was last here: their folders were emptied or are others. Nodes that do not
 * name their contents are believed to have what they had.
 */
export function shardsWithOtherContents(known: NodeRecord | undefined, now: NodeRecord): number[] {
  return now.shards
    .filter(({ shard, contents, endpointPort }) => {
      const before = known?.shards.find((other) => other.shard === shard)?.contents;
      return endpointPort > 0 && Boolean(before) && Boolean(contents) && contents !== before;
    })
    .map(({ shard }) => shard);
}

/** Where a node is reached: two nodes of a name that are up at different addresses are two nodes. */
export function addressOf({ host, shards }: Pick<NodeIntroduction, 'host' | 'shards'>): string {
  return `${host}:${shards[0]?.endpointPort}`;
}
