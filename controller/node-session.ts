import type { ControllerMessage, JobConfiguration, ShardReservation } from '@satchel/proto/gen';

/** What tells a node that it drains, and, once no job needs it, to leave. */
export function drainMessage(leave: boolean): ControllerMessage {
  return { drain: { reason: 'it is drained, by an operator or because the fleet is larger than it has to be', leave } };
}

/** The stream down to one node. Sending after it ended does nothing. */
export interface NodeLink {
  send(message: ControllerMessage): void;
  end(): void;
}

/**
 * One connection of a node: what was sent on it and what the node has applied. Configurations of one event-loop turn travel
 * together; a job's end never overtakes its configuration.
 */
export class NodeSession {
  readonly node: string;
  readonly #link: NodeLink;
  #sequence = 0;
  #queued = new Map<string, JobConfiguration>();
  #queuedWaiters: (() => void)[] = [];
  #flush: NodeJS.Immediate | undefined;
  readonly #waiters = new Map<number, (() => void)[]>();
  /** Messages that wait for the welcome, which is the first a node gets. */
  #held: ControllerMessage[] | undefined = [];
  #closed = false;
  /** Version of the fleet directory that the node was last sent. */
  directoryVersion = 0;
  /** What all active jobs have reserved on the node's shards. */
  reserved: () => ShardReservation[] = () => [];

  constructor(node: string, link: NodeLink) {
    this.node = node;
    this.#link = link;
  }

  /** Sends a message, once the node has been welcomed. */
  send(message: ControllerMessage): void {
    if (this.#closed) return;
    if (this.#held === undefined) this.#link.send(message);
    else this.#held.push(message);
  }

  /** Sends the first messages, then all that were held for them. */
  welcome(messages: readonly ControllerMessage[]): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of [...messages, ...held]) this.send(message);
  }

  /** Sends a job's configuration. Resolves once the node has applied it or the session is over. */
  configure(configuration: JobConfiguration): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#queued.set(configuration.job ?? '', configuration);
    this.#flush ??= setImmediate(() => this.#flushQueued());
    return new Promise((resolve) => this.#queuedWaiters.push(resolve));
  }

  /** The next message number, for what is part of the welcome. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Tells the node to purge a job and to refuse its tokens until then. */
  endJob(job: string, refuseUntilMs: number): void {
    this.#flushQueued();
    this.send({ end: { job, refuseUntilMs, sequence: ++this.#sequence, reserved: this.reserved() } });
  }

  /** The node has applied everything up to a sequence number. */
  applied(sequence: number): void {
    for (const [sent, waiters] of this.#waiters) {
      if (sent > sequence) break;
      this.#waiters.delete(sent);
      for (const resolve of waiters) resolve();
    }
  }

  /** Ends the stream and everybody's wait. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearImmediate(this.#flush);
    for (const resolve of this.#queuedWaiters) resolve();
    this.applied(Number.POSITIVE_INFINITY);
    this.#link.end();
  }

  #flushQueued(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    if (this.#queued.size === 0) return;
    const sequence = ++this.#sequence;
    this.#waiters.set(sequence, this.#queuedWaiters);
    this.send({ configure: { sequence, jobs: [...this.#queued.values()], complete: false, reserved: this.reserved() } });
    this.#queued = new Map();
    this.#queuedWaiters = [];
  }
}
