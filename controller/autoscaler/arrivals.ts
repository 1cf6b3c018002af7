import type { ProvidedNode } from '../providers/node-provider.js';

interface Arrival {
  readonly shape: string;
  readonly sinceMs: number;
  readonly late: boolean;
}

/** What the fleet knows of a provider's node. */
export interface Membership {
  /** It has joined and has not left for good. */
  readonly member: boolean;
  /** A job has data on it. */
  readonly needed: boolean;
}

/** What changed since the last comparison. */
export interface Movements {
  readonly joined: readonly { readonly node: string; readonly tookMs: number }[];
  /** Have not joined in time; they are not counted on any more. */
  readonly late: readonly { readonly node: string; readonly waitedMs: number }[];
  /** To be taken away: they have left the fleet for good, or do not run and nobody needs them. */
  readonly gone: readonly { readonly node: string; readonly failed: boolean }[];
}

/** What the newest start counts in how long starts take. */
const newestPart = 0.25;

/** Nodes of a provider on their way into the fleet and out of it. */
export class Arrivals {
  readonly #starting = new Map<string, Arrival>();
  /** Nodes of the provider that were seen in the fleet. */
  readonly #members = new Set<string>();
  readonly #startTimeoutMs: number;
  #usualMs = 0;

  constructor(startTimeoutMs: number) {
    this.#startTimeoutMs = startTimeoutMs;
  }

  /** The provider was asked for nodes and named them; it may take a while until it lists them. */
  asked(nodes: readonly string[], shape: string, nowMs: number): void {
    for (const node of nodes) this.#starting.set(node, { shape, sinceMs: nowMs, late: false });
  }

  /** Compares what the provider has with the fleet. */
  compare(provided: readonly ProvidedNode[], membership: (node: string) => Membership, nowMs: number): Movements {
    const listed = new Set(provided.map(({ node }) => node));
    for (const node of this.#members) if (!listed.has(node)) this.#members.delete(node);
    const gone = provided.flatMap(({ node, phase }) => {
      const { member, needed } = membership(node);
      const failed = phase === 'failed' && !needed;
      if (phase !== 'left' && !failed && (member || !this.#members.has(node))) return [];
      this.#starting.delete(node);
      return { node, failed };
    });
    const leaving = new Set(gone.map(({ node }) => node));
    for (const { node, shape } of provided) {
      if (leaving.has(node) || this.#members.has(node) || this.#starting.has(node)) continue;
      // A controller that starts finds nodes that have joined before.
      if (membership(node).member) this.#members.add(node);
      else this.#starting.set(node, { shape, sinceMs: nowMs, late: false });
    }
    return { gone, ...this.#follow(listed, membership, nowMs) };
  }

  /** How long the last nodes took from the decision to their joining, those before counting less and less; 0: none has joined yet. */
  get usualMs(): number {
    return this.#usualMs;
  }

  /** Shapes of the nodes on their way that may still be counted on. */
  get expected(): string[] {
    return [...this.#starting.values()].filter(({ late }) => !late).map(({ shape }) => shape);
  }

  /** Whether the node has been in the fleet. */
  knows(node: string): boolean {
    return this.#members.has(node);
  }

  /** Nodes there are of each shape, those that the provider does not list yet included. */
  held(provided: readonly ProvidedNode[]): ReadonlyMap<string, number> {
    const shapes = new Map(provided.map(({ node, shape }) => [node, shape]));
    for (const [node, { shape }] of this.#starting) shapes.set(node, shape);
    const held = new Map<string, number>();
    for (const shape of shapes.values()) held.set(shape, (held.get(shape) ?? 0) + 1);
    return held;
  }

  #follow(listed: ReadonlySet<string>, membership: (node: string) => Membership, nowMs: number) {
    const joined: { node: string; tookMs: number }[] = [];
    const late: { node: string; waitedMs: number }[] = [];
    for (const [node, arrival] of this.#starting) {
      const waitedMs = nowMs - arrival.sinceMs;
      if (membership(node).member) {
        joined.push({ node, tookMs: waitedMs });
        this.#usualMs += (this.#usualMs === 0 ? 1 : newestPart) * (waitedMs - this.#usualMs);
        this.#starting.delete(node);
        this.#members.add(node);
      } else if (waitedMs > this.#startTimeoutMs) {
        if (!arrival.late) late.push({ node, waitedMs });
        if (listed.has(node)) this.#starting.set(node, { ...arrival, late: true });
        else this.#starting.delete(node);
      }
    }
    return { joined, late };
  }
}
