import { SatchelError } from '@satchel/proto/core';
import type { ControllerMessage__Output, FleetClient, JobUsage } from '@satchel/proto/gen';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';

/** Storage nodes that hold nothing, as the controller sees them. */
export interface SyntheticFleetOptions {
  /** `host:port` of the controller. */
  readonly controller: string;
  readonly nodes: number;
  /** Shards of each node. */
  readonly shards: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  /** Jobs of a node whose counters each heartbeat reports. */
  readonly busyJobs: number;
}

/** What the nodes have done so far. */
export interface FleetCounts {
  readonly heartbeats: number;
  readonly configured: number;
  readonly purged: number;
}

/** Nodes that join at a time. */
const joiningAtOnce = 50;

/** Nodes, each with a connection of its own, that join, apply configurations, purge jobs and send heartbeats as real ones do. */
export class SyntheticFleet {
  readonly #nodes: SyntheticNode[];

  private constructor(nodes: SyntheticNode[]) {
    this.#nodes = nodes;
  }

  /** Resolves once all have joined. */
  static async join(options: SyntheticFleetOptions): Promise<SyntheticFleet> {
    const nodes: SyntheticNode[] = [];
    for (let first = 0; first < options.nodes; first += joiningAtOnce) {
      const count = Math.min(joiningAtOnce, options.nodes - first);
      const batch = Array.from({ length: count }, (_, index) => new SyntheticNode(first + index, options));
      await Promise.all(batch.map((node) => node.welcomed));
      nodes.push(...batch);
    }
    return new SyntheticFleet(nodes);
  }

  counts(): FleetCounts {
    const sum = (name: keyof FleetCounts) => this.#nodes.reduce((total, { counts }) => total + counts[name], 0);
    return { heartbeats: sum('heartbeats'), configured: sum('configured'), purged: sum('purged') };
  }

  close(): void {
    for (const node of this.#nodes) node.close();
  }
}

class SyntheticNode {
  readonly welcomed: Promise<void>;
  readonly counts = { heartbeats: 0, configured: 0, purged: 0 };
  readonly #channel: ControllerChannel;
  readonly #stream: ReturnType<FleetClient['join']>;
  readonly #busyJobs: number;
  readonly #jobs = new Map<string, number>();
  #shards: readonly number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #heartbeatMs = 0;

  constructor(index: number, { controller, shards, dramBytes, ssdBytes, busyJobs }: SyntheticFleetOptions) {
    this.#busyJobs = busyJobs;
    this.#channel = dial(controller, { ownConnection: true });
    this.#stream = this.#channel.fleet.join();
    this.welcomed = new Promise((resolve, reject) => {
      this.#stream.on('data', (message: ControllerMessage__Output) => this.#receive(message, resolve, reject));
      this.#stream.on('error', reject);
    });
    const basePort = 10_000 + (index % 400) * 64;
    this.#stream.write({
      hello: {
        node: `synthetic-${index}`,
        host: `10.0.${index >> 8}.${index & 255}`,
        shards: Array.from({ length: shards }, (_, shard) => ({
          index: shard,
          endpointPort: basePort + 2 * shard,
          directPort: basePort + 2 * shard + 1,
          socket: `/run/satchel/${basePort + 2 * shard}.sock`,
        })),
        dramBytes,
        ssdBytes,
        version: 'synthetic',
        http: '127.0.0.1:1',
      },
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stream.on('error', () => {});
    this.#stream.cancel();
    this.#channel.close();
  }

  #receive(message: ControllerMessage__Output, welcomed: () => void, rejected: (error: Error) => void): void {
    if (message.welcome) {
      this.#shards = message.welcome.shards;
      const { heartbeatMs } = message.welcome;
      this.#heartbeatMs = heartbeatMs;
      this.#timer = setTimeout(() => this.#heartbeat(), Math.random() * heartbeatMs);
      welcomed();
    } else if (message.directory) {
      this.#heartbeatMs = message.directory.heartbeatMs || this.#heartbeatMs;
    } else if (message.configure) {
      for (const { job } of message.configure.jobs) this.#jobs.set(job, 0);
      this.counts.configured += message.configure.jobs.length;
      this.#stream.write({ applied: { sequence: message.configure.sequence } });
    } else if (message.end) {
      this.#jobs.delete(message.end.job);
      this.counts.purged++;
      this.#stream.write({ purged: { job: message.end.job, usage: {} } });
    } else if (message.rejected) rejected(new SatchelError('failed', message.rejected.reason));
  }

  #heartbeat(): void {
    this.#timer = setTimeout(() => this.#heartbeat(), this.#heartbeatMs);
    const jobs: JobUsage[] = [];
    for (const [job, requests] of this.#jobs) {
      if (jobs.length === this.#busyJobs) break;
      this.#jobs.set(job, requests + 1000);
      const usage = { dram: { bytes: 2 ** 20, byteSeconds: requests }, requests, bytesIn: requests * 1024, objects: 1000 };
      jobs.push({ job, shard: this.#shards[0] ?? 0, incarnation: 1, usage });
    }
    const node = { dramUsedBytes: 2 ** 20, dramReservedBytes: 2 ** 21, cpu: 0.5, bytesIn: 2 ** 30, connections: 10 };
    this.#stream.write({ heartbeat: { atMs: Date.now(), node, jobs } });
    this.counts.heartbeats++;
  }
}
