import { mainOf } from '../../processes/mains.js';
import type { PortChoice } from '../../processes/ports.js';

/** Scripts of a cluster's parts. */
export interface ClusterMains {
  readonly controller: string;
  readonly node: string;
  readonly functions: string;
}

/** How many nodes there are when the controller decides, and how long they are too many before one goes. */
export interface ScaleOptions {
  readonly least: number;
  readonly most: number;
  /** Undefined: the controller's default. */
  readonly lingerMs: number | undefined;
}

/** What a cluster may be told; everything has a default. */
export interface ClusterInput {
  readonly nodes?: number | undefined;
  /** Instead of `nodes`: the controller starts and stops nodes as jobs need them. */
  readonly scale?: ScaleOptions | undefined;
  /** Per node. */
  readonly shards?: number | undefined;
  /** Per node, shared by its shards. */
  readonly dramBytes?: number | undefined;
  /** Per node, shared by its shards. */
  readonly ssdBytes?: number | undefined;
  /** `file:DIR` or `s3://BUCKET?endpoint=URL&region=R`. */
  readonly object?: string | undefined;
  /** As text for the nodes' --spin. */
  readonly spin?: string | undefined;
  /** File of a price sheet. */
  readonly prices?: string | undefined;
  readonly dir?: string | undefined;
  readonly controllerPort?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly basePort?: number | undefined;
  readonly faasPort?: number | undefined;
  readonly faas?: boolean | undefined;
  readonly mains?: ClusterMains | undefined;
  readonly readyTimeoutMs?: number | undefined;
  readonly stopBoundMs?: number | undefined;
}

/** Options of a cluster, complete. */
export interface ClusterOptions {
  readonly nodes: number;
  /** Undefined: there are `nodes` nodes. */
  readonly scale: ScaleOptions | undefined;
  readonly shards: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  /** Undefined: a folder in the run folder. */
  readonly object: string | undefined;
  /** Undefined: the nodes' own default. */
  readonly spin: string | undefined;
  /** Undefined: the controller's own. */
  readonly prices: string | undefined;
  /** Undefined: a fresh folder under the system's temporary one. */
  readonly dir: string | undefined;
  readonly controllerPort: PortChoice;
  readonly httpPort: PortChoice;
  /** Of shards; the first node takes ports from here, 0: any free ones. */
  readonly basePort: number;
  /** Of the nodes' metrics; 0: any free ones. */
  readonly nodeHttpPort: number;
  readonly faasPort: PortChoice;
  readonly faas: boolean;
  readonly mains: ClusterMains;
  /** A part that is not ready by then has failed. */
  readonly readyTimeoutMs: number;
  /** A part that has not stopped by then is killed. */
  readonly stopBoundMs: number;
}

/** Defaults of `satchel up`: a small fleet that fits a laptop, on the documented ports. */
export const clusterDefaults = {
  nodes: 2,
  shards: 1,
  dramBytes: 2 ** 30,
  ssdBytes: 8 * 2 ** 30,
  controllerPort: 7400,
  httpPort: 7401,
  faasPort: 7420,
  nodeHttpPort: 7480,
  basePort: 7500,
  // A start takes under a second; a machine that compiles or swaps at the same time gets its chance.
  readyTimeoutMs: 60_000,
  // Stopping drops memory and renames folders; both are quick whatever the number of objects.
  stopBoundMs: 5_000,
} as const;

/** Fills in defaults. A port that was given is meant exactly; a default port gives way to the next free one. */
export function completeClusterOptions(input: ClusterInput): ClusterOptions {
  const choose = (given: number | undefined, fallback: number): PortChoice =>
    given === undefined ? { port: fallback, exact: false } : { port: given, exact: true };
  const httpFallback = input.controllerPort === 0 ? 0 : clusterDefaults.httpPort;
  return {
    nodes: input.nodes ?? clusterDefaults.nodes,
    scale: input.scale,
    shards: input.shards ?? clusterDefaults.shards,
    dramBytes: input.dramBytes ?? clusterDefaults.dramBytes,
    ssdBytes: input.ssdBytes ?? clusterDefaults.ssdBytes,
    object: input.object,
    spin: input.spin,
    prices: input.prices,
    dir: input.dir,
    controllerPort: choose(input.controllerPort, clusterDefaults.controllerPort),
    httpPort: choose(input.httpPort, httpFallback),
    basePort: input.basePort ?? clusterDefaults.basePort,
    nodeHttpPort: input.basePort === 0 ? 0 : clusterDefaults.nodeHttpPort,
    faasPort: choose(input.faasPort, clusterDefaults.faasPort),
    faas: input.faas ?? true,
    mains: input.mains ?? {
      controller: mainOf('controller'),
      node: mainOf('storage-node'),
      functions: input.faas === false ? '' : mainOf('functions'),
    },
    readyTimeoutMs: input.readyTimeoutMs ?? clusterDefaults.readyTimeoutMs,
    stopBoundMs: input.stopBoundMs ?? clusterDefaults.stopBoundMs,
  };
}
