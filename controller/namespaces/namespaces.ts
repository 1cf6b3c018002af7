import type { Environment } from '../environment.js';
import { type Allocation, type JobRecord, reservedBytes } from '../model.js';
import type { RoomIndex, Rooms } from '../placement.js';
import { partOfRooms, roomsWithin } from './allowed-rooms.js';
import { type Claim, fairShares, fullness } from './fair-share.js';
import {
  changedLimits,
  checkLimits,
  defaultWeight,
  type NamespaceLimits,
  type NamespaceRecord,
  type NamespaceUse,
} from './limits.js';
import { type NamespaceTotals, NamespaceUses } from './namespace-uses.js';

/** A namespace: its limits and what its jobs have. */
export interface NamespaceView {
  readonly namespace: string;
  readonly limits: NamespaceLimits;
  readonly totals: NamespaceTotals;
}

/** Which namespace may have what. Limits are durable; what namespaces have follows from their jobs. */
export class Namespaces {
  readonly #environment: Environment;
  readonly #heldBytes: (job: string) => number;
  readonly #limits = new Map<string, NamespaceLimits>();
  readonly #uses = new NamespaceUses();

  /** `heldBytes`: what a job holds now. */
  constructor(environment: Environment, heldBytes: (job: string) => number) {
    this.#environment = environment;
    this.#heldBytes = heldBytes;
    for (const { namespace, limits } of environment.store.all('namespaces')) this.#limits.set(namespace, limits);
  }

  /** Changes limits; resolves once durable. What runs goes on, also above a lowered limit. Throws `invalid-argument`. */
  async set(namespace: string, set: NamespaceLimits, unset: readonly string[]): Promise<NamespaceView> {
    const limits = changedLimits(this.#limits.get(namespace) ?? {}, set, unset);
    const limited = Object.keys(limits).length > 0;
    const value: NamespaceRecord | undefined = limited ? { namespace, limits } : undefined;
    await this.#environment.store.commit([{ collection: 'namespaces', key: namespace, value }]);
    if (limited) this.#limits.set(namespace, limits);
    else this.#limits.delete(namespace);
    return this.view(namespace);
  }

  view(namespace: string): NamespaceView {
    const totals = this.#uses.of(namespace);
    return { namespace, limits: this.#limits.get(namespace) ?? {}, totals: { ...totals, bytes: this.#countedBytes(totals) } };
  }

  /** Namespaces with limits or active jobs, by name. */
  list(): NamespaceView[] {
    return [...new Set([...this.#limits.keys(), ...this.#uses.names()])].sort().map((namespace) => this.view(namespace));
  }

  /** Counts a job as it is, or as it has been decided to be; undefined: it is not known any more. */
  count(job: string, record: JobRecord | undefined): void {
    this.#uses.set(job, record);
  }

  /** Throws `quota-exceeded` if the namespace may not have this job more. */
  checkNew(namespace: string, allocation: Allocation): void {
    this.#check(namespace, { jobs: 1, bytes: allocation.quotaBytes || reservedBytes(allocation) });
  }

  /** Throws `quota-exceeded` if a job of the namespace may not have this quota instead of what it has. */
  checkQuota({ job, namespace, allocation }: JobRecord, quotaBytes: number): void {
    const counted = allocation.quotaBytes || Math.max(reservedBytes(allocation), this.#heldBytes(job));
    if (quotaBytes > 0) this.#check(namespace, { jobs: 0, bytes: quotaBytes - counted });
  }

  #check(namespace: string, more: NamespaceUse): void {
    const limits = this.#limits.get(namespace);
    if (limits === undefined) return;
    const totals = this.#uses.of(namespace);
    const bytes = limits.bytes === undefined ? 0 : this.#countedBytes(totals);
    checkLimits(namespace, limits, { jobs: totals.jobs, bytes }, more);
  }

  /** Quotas, and of jobs without one what they hold or have reserved, whichever is more. */
  #countedBytes({ bytes, unquoted }: NamespaceTotals): number {
    let counted = bytes;
    for (const [job, reserved] of unquoted) counted += Math.max(reserved, this.#heldBytes(job));
    return counted;
  }

  /** The rooms that a job of the namespace may be placed in: within its limit of nodes. */
  roomsFor(namespace: string, rooms: RoomIndex): RoomIndex {
    const { nodes } = this.#limitsOf(namespace);
    if (nodes === undefined) return rooms;
    // Of nodes that are away, slots may have to go elsewhere.
    const used = [...this.#uses.of(namespace).nodes.keys()].filter((node) => rooms.node(node) !== undefined);
    return roomsWithin(rooms, new Set(used), nodes);
  }

  /**
   * The rooms that a new job may be placed in: while jobs of other namespaces lack bytes, no more of what is free than brings its own
   * up to its fair share. With nobody else waiting, all.
   */
  roomsForNew(namespace: string, wantedBytes: number, rooms: RoomIndex): Rooms {
    const allowed = this.roomsFor(namespace, rooms);
    if (wantedBytes === 0 || !this.#othersWait(namespace)) return allowed;
    const free = rooms.nodes.reduce((sum, node) => sum + node.dramFreeBytes + node.ssdFreeBytes, 0);
    const share = this.shares(free, { namespace, bytes: wantedBytes }).get(namespace) ?? 0;
    const mayTake = Math.max(0, share - this.#uses.of(namespace).reservedBytes);
    return mayTake >= wantedBytes ? allowed : partOfRooms(allowed, free > 0 ? Math.min(1, mayTake / free) : 0);
  }

  /** What each namespace may have of all that is reserved or free, while some want more than there is. */
  shares(freeBytes: number, more?: { readonly namespace: string; readonly bytes: number }): Map<string, number> {
    const names = new Set([...this.#uses.names(), ...(more ? [more.namespace] : [])]);
    const claims: Claim[] = [...names].map((namespace) => {
      const { reservedBytes, missingBytes } = this.#uses.of(namespace);
      const extra = namespace === more?.namespace ? more.bytes : 0;
      return { namespace, wanted: reservedBytes + missingBytes + extra, weight: this.weightOf(namespace) };
    });
    const reserved = [...names].reduce((sum, namespace) => sum + this.#uses.of(namespace).reservedBytes, 0);
    return fairShares(reserved + freeBytes, claims);
  }

  /** How full a namespace is for its weight: of two that lack something the one with less is served first. */
  fullnessOf(namespace: string): number {
    return fullness(this.#uses.of(namespace).reservedBytes, this.weightOf(namespace));
  }

  weightOf(namespace: string): number {
    return this.#limits.get(namespace)?.weight ?? defaultWeight;
  }

  #limitsOf(namespace: string): NamespaceLimits {
    return this.#limits.get(namespace) ?? {};
  }

  #othersWait(namespace: string): boolean {
    for (const name of this.#uses.names()) if (name !== namespace && this.#uses.of(name).missingBytes > 0) return true;
    return false;
  }
}
