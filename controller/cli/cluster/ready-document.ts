import { SatchelError } from '@satchel/proto/core';

/** A node as it announces itself when ready; addresses are host:port, `socket` is the first shard's. */
export interface ReadyNode {
  readonly id: string;
  readonly address: string;
  readonly socket: string;
  readonly http: string;
}

/** What `satchel up` prints once everything runs. Addresses are host:port; `faas` is null without functions. */
export interface ReadyDocument {
  readonly controller: string;
  readonly http: string;
  readonly faas: string | null;
  readonly nodes: readonly ReadyNode[];
  /** The run folder. */
  readonly dir: string;
}

/** The value of a part's ready line that must be text; throws `internal` naming the part. */
export function textOf(part: string, ready: Record<string, unknown>, field: string): string {
  const value = ready[field];
  if (typeof value === 'string') return value;
  throw new SatchelError('internal', `${part} did not say its '${field}' when ready: ${JSON.stringify(ready)}`);
}

/** Reads a storage node's ready line. */
export function readyNodeOf(part: string, ready: Record<string, unknown>): ReadyNode {
  const [id, address] = [textOf(part, ready, 'id'), textOf(part, ready, 'address')];
  return { id, address, socket: textOf(part, ready, 'socket'), http: textOf(part, ready, 'http') };
}

/** Port of host:port. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
