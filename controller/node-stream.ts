import { SatchelError } from '@satchel/proto/core';
import type { ControllerMessage, Heartbeat__Output, Hello__Output, NodeMessage__Output } from '@satchel/proto/gen';
import { readUsage } from '@satchel/proto/rpc';
import type { Logger } from 'pino';
import { readHello } from './input.js';
import type { Jobs } from './jobs.js';
import { drainMessage, type NodeLink, NodeSession } from './node-session.js';
import type { Fleet, NodeIntroduction } from './nodes.js';
import { nothingReclaimed } from './stages/stage-record.js';
import type { Tokens } from './tokens.js';

/**
 * Jobs in one complete configuration: some 300 bytes each, well under the largest message. A node with more gets them
 * in several that are not complete; what it is to end it is told one by one in any case.
 */
const jobsPerConfiguration = 50_000;

/** What a node's stream acts on. */
export interface NodeStreamParts {
  readonly fleet: Fleet;
  readonly jobs: Jobs;
  readonly tokens: Tokens;
  readonly log: Logger;
}

type State =
  | { readonly kind: 'awaiting-hello' }
  | { readonly kind: 'joining'; readonly waiting: NodeMessage__Output[] }
  | { readonly kind: 'joined'; readonly session: NodeSession }
  | { readonly kind: 'closed' };

/** One stream of a node: its hello, then whatever it says until the stream ends. */
export class NodeStream {
  readonly #parts: NodeStreamParts;
  readonly #link: NodeLink;
  #state: State = { kind: 'awaiting-hello' };
  /** Whether a heartbeat came on this stream; the first tells of all jobs. */
  #beats = false;

  constructor(parts: NodeStreamParts, link: NodeLink) {
    this.#parts = parts;
    this.#link = link;
  }

  /** A message of the node. */
  receive(message: NodeMessage__Output): void {
    if (this.#state.kind === 'joining') this.#state.waiting.push(message);
    else if (this.#state.kind === 'joined') this.#handle(message, this.#state.session.node);
    else if (this.#state.kind === 'awaiting-hello') {
      this.#state = { kind: 'joining', waiting: [] };
      this.#join(message.hello ?? null).catch((error: unknown) => this.#reject(error));
    }
  }

  /** The stream is over. */
  closed(): void {
    if (this.#state.kind === 'joined') this.#parts.fleet.disconnected(this.#state.session);
    this.#state = { kind: 'closed' };
  }

  async #join(hello: Hello__Output | null): Promise<void> {
    if (hello === null) throw new SatchelError('invalid-argument', 'the first message of a node is hello');
    const { fleet, jobs, tokens, log } = this.#parts;
    const introduction = readHello(hello);
    const linkToken = await tokens.forLinks(introduction.node);
    const session = new NodeSession(introduction.node, this.#link);
    const { record, heartbeatMs } = await fleet.join(introduction, session);
    const { shards, draining } = record;
    for (const grant of hello.grants) jobs.grants.reconcile(grant.job, grant.shard, grant.bytes, grant.version);
    session.reserved = () =>
      shards.map(({ shard }) => {
        const { dramBytes, ssdBytes } = jobs.reserved.of(shard);
        return { shard, dramBytes, ssdBytes };
      });
    const ids = introduction.shards.map(({ index }) => shards.find((shard) => shard.index === index)?.shard ?? 0);
    const directory = fleet.directory(session);
    session.welcome([
      {
        welcome: {
          node: introduction.node,
          shards: ids,
          publicKeyJwk: tokens.publicKeyJwk,
          linkToken,
          directory,
          heartbeatMs,
          configures: true,
        },
      },
      ...this.#endsFor(introduction.node, hello.jobs, session),
      ...this.#configurationsFor(introduction.node, session),
      ...(draining ? [drainMessage(false)] : []),
    ]);
    log.info({ node: introduction.node, address: addressOf(introduction) }, 'node joined');
    this.#joined(session);
  }

  #joined(session: NodeSession): void {
    const waiting = this.#state.kind === 'joining' ? this.#state.waiting : [];
    if (this.#state.kind === 'closed') {
      this.#parts.fleet.disconnected(session);
      return;
    }
    this.#state = { kind: 'joined', session };
    for (const message of waiting) this.#handle(message, session.node);
    this.#parts.jobs.settleNode(session.node);
  }

  /** Jobs the node is to purge: those that end, and those on its disk that are over or unknown here. */
  #endsFor(node: string, onDisk: readonly string[], session: NodeSession): ControllerMessage[] {
    const { table, refuseUnknownUntilMs } = this.#parts.jobs;
    const ending = table
      .ofNode(node)
      .flatMap(({ job, state }) => (state.kind === 'ending' && state.awaiting.includes(node) ? job : []));
    const over = onDisk.filter((job) => table.get(job)?.state.kind !== 'active');
    return [...new Set([...ending, ...over])].map((job) => {
      const state = table.get(job)?.state;
      const refuseUntilMs = state === undefined || state.kind === 'active' ? refuseUnknownUntilMs() : state.refuseUntilMs;
      return { end: { job, refuseUntilMs, sequence: session.nextSequence(), reserved: session.reserved() } };
    });
  }

  #configurationsFor(node: string, session: NodeSession): ControllerMessage[] {
    const { jobs } = this.#parts;
    const active = jobs.table.ofNode(node).filter(({ state }) => state.kind === 'active');
    const all = active.map((record) => jobs.configuration(record, node));
    if (all.length <= jobsPerConfiguration)
      return [{ configure: { sequence: session.nextSequence(), jobs: all, complete: true, reserved: session.reserved() } }];
    const messages: ControllerMessage[] = [];
    for (let from = 0; from < all.length; from += jobsPerConfiguration) {
      const part = all.slice(from, from + jobsPerConfiguration);
      messages.push({
        configure: { sequence: session.nextSequence(), jobs: part, complete: false, reserved: session.reserved() },
      });
    }
    return messages;
  }

  #handle(message: NodeMessage__Output, node: string): void {
    const { fleet, jobs, log } = this.#parts;
    fleet.heard(node, message.heartbeat?.node ?? undefined);
    if (message.heartbeat) this.#countUse(message.heartbeat, node);
    else if (message.left && this.#state.kind === 'joined') fleet.left(this.#state.session);
    else if (message.applied && this.#state.kind === 'joined') this.#state.session.applied(message.applied.sequence);
    else if (message.grantRequest && this.#isOf(node, message.grantRequest.shard)) {
      const { job, shard, bytes } = message.grantRequest;
      jobs.grants.request(job, shard, bytes);
    } else if (message.grantReturn && this.#isOf(node, message.grantReturn.shard)) {
      const { job, shard, bytes, version } = message.grantReturn;
      jobs.grants.returned(job, shard, bytes, version);
    } else if (message.prefixEmptied && this.#isOf(node, message.prefixEmptied.shard)) {
      const { job, shard, serial, reclaimed } = message.prefixEmptied;
      jobs.stages.emptied(job, { shard, serial, reclaimed: reclaimed ?? nothingReclaimed });
    } else if (message.emptied && this.#isOf(node, message.emptied.shard)) {
      const { job, shard, epoch, spans } = message.emptied;
      jobs.emptied(job, { shard, epoch, spans });
    } else if (message.shardChanged) {
      log.info({ node, shard: message.shardChanged.shard, state: message.shardChanged.state }, 'shard changed');
      fleet.shardChanged(node, message.shardChanged.shard, message.shardChanged.state);
    } else if (message.purged) {
      const { job, usage } = message.purged;
      jobs
        .purged(node, job, readUsage(usage))
        .catch((error: unknown) => log.error({ err: error, job }, 'the end of a job could not be written'));
    }
  }

  /** Counters count while the node has the job; a report that comes after its purge is late. */
  #countUse(heartbeat: Heartbeat__Output, node: string): void {
    const { jobs, fleet } = this.#parts;
    const time = { atMs: heartbeat.atMs, everyMs: fleet.heartbeatMs, begins: !this.#beats };
    this.#beats = true;
    for (const { job, shard, incarnation, usage } of heartbeat.jobs) {
      const record = jobs.table.get(job);
      const counts = record?.state.kind === 'active' || (record?.state.kind === 'ending' && record.state.awaiting.includes(node));
      if (counts && this.#isOf(node, shard)) jobs.usage.report(record, shard, incarnation, readUsage(usage), time);
    }
  }

  #isOf(node: string, shard: number): boolean {
    return this.#parts.fleet.nodeOfShard(shard) === node;
  }

  #reject(thrown: unknown): void {
    const reason = SatchelError.from(thrown).message;
    this.#parts.log.warn({ err: thrown }, 'a node was turned away');
    this.#link.send({ rejected: { reason } });
    this.#link.end();
    this.#state = { kind: 'closed' };
  }
}

function addressOf({ host, shards }: NodeIntroduction): string {
  return `${host}:${shards[0]?.endpointPort}`;
}
