import type { JobRecord } from '@satchel/controller/simulation';
import type { SimulatedJob } from '../workload/job.js';
import { HeldJob, type Holding } from './held-job.js';
import { ShardLoad } from './shard-load.js';

/** Values are packed into objects of about this size before they go to the object store, each put once and read once. */
const packBytes = 8 * 2 ** 20;

/** Bytes and rates of all jobs together, at one moment. */
export interface LoadTotals {
  readonly wantedBytes: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly objectBytes: number;
  /** Wanted and neither held nor placed: over quota, or none of its shards is up. */
  readonly refusedBytes: number;
  readonly bytesPerSecond: number;
}

/**
 * What storage nodes would hold: each job writes to its shards by its slots; a shard keeps memory free for reservations, shares the
 * rest of its memory among those who want more, and spills to SSD and then to the object store.
 */
export class LoadModel {
  readonly jobs = new Map<string, HeldJob>();
  readonly #places = new Map<number, ShardLoad>();
  totals: LoadTotals = { wantedBytes: 0, dramBytes: 0, ssdBytes: 0, objectBytes: 0, refusedBytes: 0, bytesPerSecond: 0 };
  /** Steps so far. */
  steps = 0;
  objectRequests = 0;
  objectByteSeconds = 0;
  slotsMoved = 0;

  /** A node's shard, with its part of the node. */
  addShard(shard: number, node: string, dramBytes: number, ssdBytes: number): ShardLoad {
    const place = new ShardLoad(shard, node, dramBytes, ssdBytes);
    this.#places.set(shard, place);
    return place;
  }

  removeShard(shard: number): void {
    this.#places.delete(shard);
  }

  readonly placeOf = (shard: number): ShardLoad | undefined => this.#places.get(shard);

  start(id: string, job: SimulatedJob, record: JobRecord, passedMs: number): HeldJob {
    const held = new HeldJob(job, record, passedMs, this.placeOf);
    this.jobs.set(id, held);
    return held;
  }

  /** Advances all jobs to a moment, `stepSeconds` after the last. `recordOf` gives the controller's present record. */
  step(passedMs: number, stepSeconds: number, recordOf: (id: string) => JobRecord | undefined): void {
    this.steps++;
    for (const place of this.#places.values()) place.begin();
    for (const [id, held] of this.jobs) {
      const record = recordOf(id);
      if (record !== undefined) this.slotsMoved += held.follow(record, this.placeOf);
      held.advance(passedMs, stepSeconds);
      this.#claim(held);
    }
    for (const held of this.jobs.values()) this.#spill(held);
    for (const held of this.jobs.values()) this.#settle(held, stepSeconds);
    this.#total(stepSeconds);
  }

  #claim({ holdings, inMemory }: HeldJob): void {
    for (const holding of holdings) {
      holding.place.reserved += holding.dramReservedBytes;
      if (inMemory) holding.place.wantedDram += Math.max(0, holding.bytes - holding.dramReservedBytes);
    }
  }

  #spill({ holdings, inMemory, onDisk }: HeldJob): void {
    for (const holding of holdings) {
      const sure = inMemory ? Math.min(holding.bytes, holding.dramReservedBytes) : 0;
      holding.dramBytes = inMemory ? sure + (holding.bytes - sure) * holding.place.dramPart : 0;
      if (onDisk) holding.place.wantedSsd += holding.bytes - holding.dramBytes;
    }
  }

  #settle({ holdings, onDisk }: HeldJob, stepSeconds: number): void {
    for (const holding of holdings) {
      const beyond = holding.bytes - holding.dramBytes;
      holding.ssdBytes = onDisk ? beyond * holding.place.ssdPart : 0;
      const objectBytes = beyond - holding.ssdBytes;
      if (objectBytes > holding.objectBytes) {
        const requests = (2 * (objectBytes - holding.objectBytes)) / packBytes;
        holding.objectRequests += requests;
        this.objectRequests += requests;
      }
      holding.objectBytes = objectBytes;
      count(holding, stepSeconds);
    }
  }

  #total(stepSeconds: number): void {
    let [wantedBytes, dramBytes, ssdBytes, objectBytes, refusedBytes, bytesPerSecond] = [0, 0, 0, 0, 0, 0];
    for (const held of this.jobs.values()) {
      wantedBytes += held.wantedBytes;
      refusedBytes += Math.max(0, held.wantedBytes - held.bytes);
      for (const holding of held.holdings) objectBytes += holding.objectBytes;
    }
    for (const place of this.#places.values()) {
      dramBytes += place.dramBytes;
      ssdBytes += place.ssdBytes;
      bytesPerSecond += place.bytesPerSecond;
    }
    this.objectByteSeconds += objectBytes * stepSeconds;
    this.totals = { wantedBytes, dramBytes, ssdBytes, objectBytes, refusedBytes, bytesPerSecond };
  }
}

function count(holding: Holding, stepSeconds: number): void {
  const { place } = holding;
  place.dramBytes += holding.dramBytes;
  place.ssdBytes += holding.ssdBytes;
  holding.dramByteSeconds += holding.dramBytes * stepSeconds;
  holding.ssdByteSeconds += holding.ssdBytes * stepSeconds;
  holding.objectByteSeconds += holding.objectBytes * stepSeconds;
  if (holding.bytes > holding.peakBytes) holding.peakBytes = holding.bytes;
}
