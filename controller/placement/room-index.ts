/** A shard that may get jobs, and what is not reserved on it. Free amounts are never negative. */
export interface ShardRoom {
  readonly shard: number;
  readonly node: string;
  readonly dramFreeBytes: number;
  readonly ssdFreeBytes: number;
  readonly throughputFreeBytesPerSecond: number;
  /** Jobs that span it, reserved or not. */
  readonly jobs: number;
}

/** Rooms of a fleet: a list, or an index over them. */
export interface Rooms extends Iterable<ShardRoom> {
  readonly length: number;
}

/** What shards have of. */
type Amount = 'dramFreeBytes' | 'ssdFreeBytes' | 'throughputFreeBytesPerSecond';

/** The rooms of one node and their sums. */
export interface NodeRoom {
  readonly node: string;
  readonly rooms: readonly ShardRoom[];
  readonly dramFreeBytes: number;
  readonly ssdFreeBytes: number;
  readonly throughputFreeBytesPerSecond: number;
  readonly jobs: number;
  /** Seen to be in use in dram, reserved or not. */
  readonly dramUsedBytes: number;
  /** Of each amount what every one of its shards has free at least. */
  readonly least: Readonly<Record<Amount, number>>;
  /** The most that was ever free there, by which fullness is judged. */
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** Bytes in dram that a node was last seen to use. */
export type UsedOf = (node: string) => number;

class NodeEntry implements NodeRoom {
  readonly node: string;
  readonly rooms: Mutable<ShardRoom>[] = [];
  dramFreeBytes = 0;
  ssdFreeBytes = 0;
  throughputFreeBytesPerSecond = 0;
  jobs = 0;
  readonly least: Record<Amount, number> = { dramFreeBytes: 0, ssdFreeBytes: 0, throughputFreeBytesPerSecond: 0 };
  dramBytes = 0;
  ssdBytes = 0;
  throughputBytesPerSecond = 0;

  dramUsedBytes: number;

  constructor(node: string, dramUsedBytes: number) {
    this.node = node;
    this.dramUsedBytes = dramUsedBytes;
  }

  /** Sums up anew: adding and subtracting would drift. A node has few shards. */
  sumUp(): void {
    this.dramFreeBytes = this.#sum('dramFreeBytes');
    this.ssdFreeBytes = this.#sum('ssdFreeBytes');
    this.throughputFreeBytesPerSecond = this.#sum('throughputFreeBytesPerSecond');
    this.jobs = 0;
    for (const { jobs } of this.rooms) this.jobs += jobs;
    this.dramBytes = Math.max(this.dramBytes, this.dramFreeBytes);
    this.ssdBytes = Math.max(this.ssdBytes, this.ssdFreeBytes);
    this.throughputBytesPerSecond = Math.max(this.throughputBytesPerSecond, this.throughputFreeBytesPerSecond);
  }

  #sum(amount: Amount): number {
    let sum = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const room of this.rooms) {
      sum += room[amount];
      if (room[amount] < least) least = room[amount];
    }
    this.least[amount] = least;
    return sum;
  }
}

/** Rooms by node, kept up to date shard by shard, so that a placement looks at sums and not at every shard. */
export class RoomIndex implements Rooms {
  readonly #nodes: NodeEntry[] = [];
  readonly #ofNode = new Map<string, NodeEntry>();
  readonly #ofShard = new Map<number, { readonly entry: NodeEntry; readonly room: Mutable<ShardRoom> }>();

  readonly used: UsedOf;

  /** `totals`: what each node has in all; a node not named has what is free at first. `used` is asked now; see {@link setUsed}. */
  constructor(rooms: Iterable<ShardRoom>, totals?: ReadonlyMap<string, NodeTotals>, used: UsedOf = () => 0) {
    this.used = used;
    for (const room of rooms) {
      const entry = this.#entry(room.node);
      const copy = { ...room };
      entry.rooms.push(copy);
      this.#ofShard.set(room.shard, { entry, room: copy });
    }
    for (const entry of this.#nodes) {
      const { dramBytes = 0, ssdBytes = 0, throughputBytesPerSecond = 0 } = totals?.get(entry.node) ?? {};
      Object.assign(entry, { dramBytes, ssdBytes, throughputBytesPerSecond });
      entry.sumUp();
    }
  }

  get length(): number {
    return this.#ofShard.size;
  }

  get nodes(): readonly NodeRoom[] {
    return this.#nodes;
  }

  *[Symbol.iterator](): Generator<ShardRoom> {
    for (const { room } of this.#ofShard.values()) yield room;
  }

  /** A shard's room; undefined if it may not get jobs. */
  of(shard: number): ShardRoom | undefined {
    return this.#ofShard.get(shard)?.room;
  }

  /** A node's rooms; undefined if none of its shards may get jobs. */
  node(node: string): NodeRoom | undefined {
    return this.#ofNode.get(node);
  }

  /** Sets what a shard of the index has free; others are ignored. */
  set(shard: number, room: Omit<ShardRoom, 'shard' | 'node'>): void {
    const known = this.#ofShard.get(shard);
    if (known === undefined) return;
    Object.assign(known.room, room);
    known.entry.sumUp();
  }

  /** What a node of the index is now seen to use in dram; others are ignored. */
  setUsed(node: string, dramUsedBytes: number): void {
    const entry = this.#ofNode.get(node);
    if (entry !== undefined) entry.dramUsedBytes = dramUsedBytes;
  }

  #entry(node: string): NodeEntry {
    const known = this.#ofNode.get(node);
    if (known !== undefined) return known;
    const entry = new NodeEntry(node, this.used(node));
    this.#ofNode.set(node, entry);
    this.#nodes.push(entry);
    return entry;
  }
}

/** What a node has in all, free or not. */
export type NodeTotals = Pick<NodeRoom, 'dramBytes' | 'ssdBytes' | 'throughputBytesPerSecond'>;
