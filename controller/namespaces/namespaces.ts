import type { Environment } from '../environment.js';
import type { JobRecord } from '../model.js';
import type { RoomIndex, Rooms } from '../placement.js';
import { partOfRooms, roomsWithin } from './allowed-rooms.js';
import { type Claim, fairShares, fullness } from './fair-share.js';
import { changedLimits, checkLimits, defaultWeight, type NamespaceLimits, type NamespaceRecord } from './limits.js';
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
  readonly #limits = new Map<string, NamespaceLimits>();
  readonly #uses = new NamespaceUses();

  constructor(environment: Environment) {
    this.#environment = environment;
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
    return { namespace, limits: this.#limits.get(namespace) ?? {}, totals: this.#uses.of(namespace) };
  }

  /** Namespaces with limits or active jobs, by name. */
  list(): NamespaceView[] {
    return [...new Set([...this.#limits.keys(), ...this.#uses.names()])].sort().map((namespace) => this.view(namespace));
  }

  /** Counts a job as it is, or as it has been decided to be; undefined: it is not known any more. */
  count(job: string, record: JobRecord | undefined): void {
    this.#uses.set(job, record);
  }

  /** Throws `quota-exceeded` if the namespace may not have a job with this quota more. */
  checkNew(namespace: string, quotaBytes: number): void {
    checkLimits(namespace, this.#limitsOf(namespace), this.#uses.of(namespace), { jobs: 1, bytes: quotaBytes });
  }

  /** Throws `quota-exceeded` if a job of the namespace may not have so many bytes more. */
  checkMore(namespace: string, bytes: number): void {
    checkLimits(namespace, this.#limitsOf(namespace), this.#uses.of(namespace), { jobs: 0, bytes });
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
