import type { NodeLink, NodeStream } from '@satchel/controller/simulation';
import type {
  ControllerMessage,
  JobConfiguration,
  JobUsage__Output,
  NodeMessage__Output,
  SlotSpan__Output,
} from '@satchel/proto/gen';
import { takeChange } from '../load/held-job.js';
import type { LoadModel } from '../load/load-model.js';
import type { ShardLoad } from '../load/shard-load.js';
import type { VirtualClock } from '../virtual-clock.js';
import { helloOf, jobUsage, nodeUsage, usageReport } from './messages.js';
import type { SimulatedShape } from './shapes.js';

/** A node answers after so long: the way there and back, and writing down what it was told. */
const answerMs = 2;
/** Purging a job is a rename; its memory is free at once. */
const purgeMs = 20;
/** A node that was told to leave stops its shards within this time. */
const leaveMs = 500;
/** What one core of a shard moves. */
const bytesPerCore = 500 * 2 ** 20;

/** What a node works with. */
export interface NodeWorld {
  readonly clock: VirtualClock;
  readonly load: LoadModel;
  /** The controller's end of a stream from a node. */
  readonly open: (link: NodeLink) => NodeStream;
  /** How long former owners of a job's slots have objects of them. */
  readonly drainMs: (job: string) => number;
  /** A node left or was turned away. */
  readonly over: (node: SyntheticNode, how: 'left' | 'rejected') => void;
}

type State = 'starting' | 'up' | 'dead' | 'left';

/** A storage node that holds only numbers: it says to the controller what a real one would, and does as it is told. */
export class SyntheticNode {
  readonly name: string;
  readonly shape: SimulatedShape;
  readonly number: number;
  readonly #world: NodeWorld;
  #stream: NodeStream | undefined;
  #places: ShardLoad[] = [];
  /** Jobs it was told of and has not purged. */
  readonly #jobs = new Set<string>();
  /** Job, shard and epoch whose objects it is waiting to be rid of. */
  readonly #emptying = new Set<string>();
  #incarnation = 1;
  state: State = 'starting';

  constructor(name: string, number: number, shape: SimulatedShape, world: NodeWorld) {
    this.name = name;
    this.shape = shape;
    this.number = number;
    this.#world = world;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  get shards(): readonly ShardLoad[] {
    return this.#places;
  }

  /** Joins, or joins again after it died. */
  join(): void {
    const stream = this.#world.open({ send: (message) => this.#told(stream, message), end: () => undefined });
    this.#stream = stream;
    stream.receive({ hello: helloOf(this.name, this.number, this.shape, [...this.#jobs]) });
  }

  /** Says that it lives, and what jobs used that changed since it last said so. */
  beat(): void {
    if (this.state !== 'up') return;
    const node = nodeUsage(this.#places, bytesPerCore);
    this.#say({ heartbeat: { atMs: this.#world.clock.now(), node, jobs: this.#jobUsages() } });
  }

  /** It stops without a word. What it held in memory is gone; everything, if it does not come back. Returns the bytes lost, by job. */
  die(forGood: boolean): Map<string, number> {
    const lost = new Map<string, number>();
    if (this.state === 'dead' || this.state === 'left') return lost;
    this.state = 'dead';
    this.#incarnation++;
    this.#stream?.closed();
    this.#stream = undefined;
    for (const place of this.#places) {
      place.up = false;
      for (const job of this.#jobs) {
        const bytes = this.#world.load.jobs.get(job)?.lose(place.shard, forGood) ?? 0;
        if (bytes > 0) lost.set(job, (lost.get(job) ?? 0) + bytes);
      }
    }
    return lost;
  }

  #say(message: NodeMessage__Output): void {
    this.#stream?.receive(message);
  }

  /** Says something after a while, if it is still on the same stream. */
  #sayLater(delayMs: number, say: () => NodeMessage__Output): void {
    const stream = this.#stream;
    this.#world.clock.after(delayMs, () => {
      if (stream !== undefined && this.#stream === stream) this.#say(say());
    });
  }

  #told(stream: NodeStream, message: ControllerMessage): void {
    if (this.#stream !== stream) return;
    if (message.welcome) this.#welcomed(message.welcome.shards ?? []);
    else if (message.rejected) this.#over('rejected');
    else if (message.configure) this.#configured(Number(message.configure.sequence), message.configure.jobs ?? []);
    else if (message.end) this.#end(message.end.job ?? '');
    else if (message.drain?.leave) this.#leave();
  }

  #welcomed(shards: readonly number[]): void {
    this.state = 'up';
    const [dram, ssd] = [this.shape.dramBytes / this.shape.shards, this.shape.ssdBytes / this.shape.shards];
    if (this.#places.length > 0) for (const place of this.#places) place.up = true;
    else this.#places = shards.map((shard) => this.#world.load.addShard(shard, this.name, dram, ssd));
  }

  #configured(sequence: number, configurations: readonly JobConfiguration[]): void {
    for (const configuration of configurations) {
      this.#jobs.add(configuration.job ?? '');
      this.#noteFormer(configuration);
    }
    this.#sayLater(answerMs, () => ({ applied: { sequence } }));
  }

  /** Where it is a former owner it says so once it holds no object of the slots any more. */
  #noteFormer({ job = '', epoch = 0, previous = [] }: JobConfiguration): void {
    for (const place of this.#places) {
      const entries = previous.filter((entry) => entry.shard === place.shard && !entry.lost);
      const key = `${job} ${place.shard} ${epoch}`;
      if (entries.length === 0 || this.#emptying.has(key)) continue;
      this.#emptying.add(key);
      const spans: SlotSpan__Output[] = entries.map(({ start = 0, end = 0 }) => ({ start, end }));
      this.#sayLater(this.#world.drainMs(job), () => {
        this.#emptying.delete(key);
        this.#world.load.jobs.get(job)?.emptied(place.shard);
        return { emptied: { job, shard: place.shard, epoch, spans } };
      });
    }
  }

  #end(job: string): void {
    this.#sayLater(purgeMs, () => {
      const held = this.#world.load.jobs.get(job);
      const objectBytes = held?.job.objectBytes ?? 1;
      const holdings = this.#places.flatMap(({ shard }) => held?.holding(shard) ?? []);
      this.#jobs.delete(job);
      return { purged: { job, usage: usageReport(holdings, objectBytes) } };
    });
  }

  #leave(): void {
    this.#sayLater(leaveMs, () => {
      this.#world.clock.after(0, () => this.#over('left'));
      return { left: {} };
    });
  }

  #over(how: 'left' | 'rejected'): void {
    this.state = 'left';
    this.#stream?.closed();
    this.#stream = undefined;
    for (const { shard } of this.#places) this.#world.load.removeShard(shard);
    this.#world.over(this, how);
  }

  #jobUsages(): JobUsage__Output[] {
    const usages: JobUsage__Output[] = [];
    for (const job of this.#jobs) {
      const held = this.#world.load.jobs.get(job);
      if (held === undefined) continue;
      for (const place of this.#places) {
        const holding = held.holding(place.shard);
        if (holding === undefined || !takeChange(holding)) continue;
        usages.push(jobUsage(job, this.#incarnation, holding, held.job.objectBytes));
      }
    }
    return usages;
  }
}
