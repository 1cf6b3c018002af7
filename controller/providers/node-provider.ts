/** One size of node that a provider can start: what each holds and costs. */
export interface NodeShape {
  readonly name: string;
  readonly shards: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
  /** What one costs while it runs. */
  readonly dollarsPerHour: number;
  /** The most of this shape that there may be. */
  readonly most: number;
}

/** A node that a provider started or found. `node` is the name under which it joins. */
export interface ProvidedNode {
  readonly node: string;
  readonly shape: string;
  /**
   * `starting` until its process or pod runs; whether it has joined is the fleet's to know. `left`: it was drained and ended for
   * good, {@link NodeProvider.remove} takes away what is left of it. `failed`: it does not run and will not by itself.
   */
  readonly phase: 'starting' | 'running' | 'stopping' | 'left' | 'failed';
}

/** Where nodes come from. Which of them to start and to let go is the autoscaler's decision. */
export interface NodeProvider {
  readonly kind: 'local' | 'static' | 'kubernetes';
  /** Empty: this provider starts nothing. */
  readonly shapes: readonly NodeShape[];
  /** What there is now, nodes of earlier runs of the controller included. */
  nodes(): Promise<readonly ProvidedNode[]>;
  /** Starts `count` nodes of a shape. Resolves with the names under which they will join; rejects if none can be started. */
  start(shape: string, count: number): Promise<readonly string[]>;
  /**
   * Of the nodes given, those that may be drained next, in the order in which they are to go. Some providers can only take the
   * last one away.
   */
  removable(nodes: readonly string[]): Promise<readonly string[]>;
  /** Takes a node away that has drained and left. Idempotent. */
  remove(node: string): Promise<void>;
  /** Stops watching; nodes keep running unless they are the controller's own processes. Idempotent. */
  close(): Promise<void>;
}
