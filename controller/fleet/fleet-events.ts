import type { NodeUsage__Output } from '@satchel/proto/gen';
import type { NodeRecord } from '../model.js';
import type { NodeConnection } from './node-life.js';

/** A node and how it is reached now. */
export interface NodeView {
  readonly record: NodeRecord;
  readonly connection: NodeConnection;
  readonly lastHeardMs: number;
  readonly usage: NodeUsage__Output | undefined;
}

/** What others do when the fleet changes. Called after the change. */
export interface FleetEvents {
  /** State or address of these shards changed. */
  shardsChanged(shards: readonly number[]): void;
  /** The node's stream ended or fell silent. */
  disconnected(node: string): void;
  /** These nodes are given up, all at once: what they held is not waited for any more. They may come back all the same. */
  lost(nodes: readonly string[]): void;
  /** These shards of a node that joins have not what they had. Resolves once all who had something there know it durably. */
  emptied(node: string, shards: readonly number[]): Promise<void>;
}
