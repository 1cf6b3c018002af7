import { assert, type Clock, SatchelError, tokenLifetimeMs, type UsageTotals } from '@satchel/proto/core';
import type {
  ConfigureJobs__Output,
  ControllerMessage__Output,
  Drain__Output,
  EndJobOnNode__Output,
  FleetDirectory__Output,
  GrantReclaim__Output,
  GrantReturn,
  Hello,
  Welcome__Output,
} from '@satchel/proto/gen';
import { usageMessage } from '@satchel/proto/rpc';
import type { Logger } from 'pino';
import type { HostMessage, ShardMembership, ShardMessage } from '../shard/messages.js';
import type { LeftUsage } from '../shard/usage-pages.js';
import { ControllerLink, type LinkOwner } from './controller-link.js';
import { addressesAfter, awaitedJobs, configuredJobs, jobUsageMessage, membershipOf } from './fleet-messages.js';
import { type HelloSource, helloOf } from './hello.js';
import type { NodeStatistics } from './node-statistics.js';
import { Purges } from './purges.js';
import { Repeated } from './repeated.js';
import { ReservedBytes } from './reserved-bytes.js';
import type { ShardProcess } from './shard-process.js';
import { UsageLedger } from './usage-ledger.js';

export interface NodeControlOptions extends HelloSource {
  readonly shards: readonly Pick<ShardProcess, 'index' | 'send' | 'listening'>[];
  readonly statistics: NodeStatistics;
  /** The controller lets the node go: it was drained and its last job has ended. May be called again. */
  dismissed(): void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What stands between the controller and the shards: takes the words of each and tells the other, by way of the job table. */
export class NodeControl implements LinkOwner {
  private readonly node: NodeControlOptions;
  private readonly link: ControllerLink;
  private readonly ledger: UsageLedger;
  private readonly purges = new Purges();
  private readonly reserved = new ReservedBytes((index, message) => this.tell(index, message));
  private readonly downMs = new Map<number, number>();
  private readonly takenPorts = new Map<number, number>();
  /** Jobs that shards opened by their token and that are not in the job table (yet). */
  private readonly admitted = new Set<string>();
  /** Of those, the ones that the last hello named: a complete list that omits them says that they have ended. */
  private announced: string[] = [];
  private draining = false;
  private isNew = false;
  private readonly heartbeats: Repeated;
  private settleJoin: { resolve: () => void; reject: (error: SatchelError) => void } | undefined;

  constructor(node: NodeControlOptions) {
    this.node = node;
    this.heartbeats = new Repeated(node.clock, () => this.heartbeat());
    this.ledger = new UsageLedger(node.file.nextIncarnation(node.clock.now()));
    this.link = new ControllerLink(node.options.controller, this, node.clock, node.log);
  }

  get joined(): boolean {
    return this.link.joined;
  }

  /** Joins; resolves when welcomed, or after `patienceMs` if given. Rejects with `invalid-argument` if the controller refuses the node. */
  async join(patienceMs: number | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.settleJoin = { resolve, reject };
      // Node's own timer: it has to keep the process alive.
      const timer = patienceMs === undefined ? undefined : setTimeout(resolve, patienceMs);
      this.settleJoin = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject,
      };
      this.link.start();
    });
    this.settleJoin = undefined;
  }

  /** Jobs whose purge is under way. */
  get purging(): number {
    return this.purges.size;
  }

  /** Tells the controller that the node has left; to be followed by `close`. */
  sayLeft(): void {
    this.link.send({ left: {} });
  }

  /** Ends the stream; resolves once the controller has read all that was sent, or after a short bound. */
  close(): Promise<void> {
    this.heartbeats.stop();
    return this.link.close();
  }

  /** Ended jobs that were not purged when the node stopped are purged now. */
  resumePurges(): void {
    for (const { job, record } of this.node.table.entries()) {
      if (record.state === 'ended' && record.purged === undefined) this.purges.begin(job, this.indexes());
    }
  }

  /** Jobs whose folders were found at start: those never configured here are asked about like others admitted by token. */
  noteLeftJobs(jobs: Iterable<string>): void {
    for (const job of jobs) if (this.node.table.get(job) === undefined) this.admitted.add(job);
  }

  /** What shard `index` is in the fleet, if the node ever joined. */
  membershipOf(index: number): ShardMembership | undefined {
    const membership = this.node.file.facts.membership;
    const shard = membership?.shards[index];
    if (!membership || shard === undefined) return undefined;
    return { shard, publicKeyJwk: membership.publicKeyJwk, linkToken: membership.linkToken };
  }

  /** The port that shard `index` found taken at its last attempt to start. */
  takenPort(index: number): number | undefined {
    const port = this.takenPorts.get(index);
    this.takenPorts.delete(index);
    return port;
  }

  /** Since when shard `index` is or was not running, before it was started again; 0: nobody knows. */
  downSinceMs(index: number): number {
    return this.downMs.get(index) ?? this.node.file.leftMs;
  }

  // ---- shards ----

  shardUp(index: number, again: boolean): void {
    this.ledger.shardUp(index);
    this.tell(index, { kind: 'controller', reachable: this.joined });
    const jobs = this.purges.of(index);
    if (jobs.length > 0) this.tell(index, { kind: 'jobs-ended', jobs });
    this.reserved.tellAgain(index);
    if (again) this.tell(index, { kind: 'jobs-changed', jobs: this.node.table.awaiting() });
    if (again) this.sayShard(index, 'up');
  }

  /** A shard died; `left` is what its jobs had used. */
  shardDown(index: number, left: readonly LeftUsage[]): void {
    this.downMs.set(index, this.node.clock.now());
    this.ledger.shardDown(index, left, this.node.clock.now());
    this.heartbeat();
    this.node.statistics.forget(index);
    this.node.table.forgetDeadReaders();
    this.sayShard(index, 'down');
  }

  fromShard(index: number, message: ShardMessage): void {
    this.handle(index, message).catch((error: unknown) => {
      this.node.log.error({ err: error, shard: index, kind: message.kind }, 'a message of a shard could not be handled');
    });
  }

  private async handle(index: number, message: ShardMessage): Promise<void> {
    const shard = this.membershipOf(index)?.shard ?? 0;
    switch (message.kind) {
      case 'port-taken':
        this.takenPorts.set(index, message.port);
        return;
      case 'grant-request':
        this.link.send({ grantRequest: { job: message.job, shard, bytes: message.bytes } });
        return;
      case 'grant-return': {
        // On disk before the controller may give the bytes to another shard.
        const { job, bytes, version } = message;
        await this.node.table.returned(job, { shard, bytes, version });
        this.sayGrant({ job, shard, bytes, version });
        return;
      }
      case 'prefix-emptied':
        this.link.send({ prefixEmptied: { job: message.job, shard, serial: message.serial, reclaimed: message.reclaimed } });
        return;
      case 'slots-emptied':
        // What cannot be said now is said again at the next join.
        this.link.send({ emptied: { job: message.job, shard, epoch: message.epoch, spans: [...message.spans] } });
        return;
      case 'job-admitted':
        if (this.node.table.get(message.job) === undefined) this.admitted.add(message.job);
        return;
      case 'statistics':
        this.node.statistics.record(index, message.shard, this.node.clock.now());
        this.ledger.record(index, message.jobs, this.node.clock.now());
        this.node.file.alive(this.node.clock.now());
        return;
      case 'job-purged':
        this.ledger.purged(index, message.job, message.usage, this.node.clock.now());
        if (this.purges.confirmed(message.job, index)) await this.finishPurge(message.job);
        return;
      case 'listening':
      case 'serving':
      case 'left':
        return;
    }
  }

  private async finishPurge(job: string): Promise<void> {
    const usage = await this.node.table.purged(job, this.ledger.total(job, this.node.clock.now()));
    this.heartbeat();
    this.ledger.forgetJob(job);
    this.sayPurged(job, usage);
  }

  // ---- controller ----

  hello(): Hello {
    this.announced = [...this.admitted];
    return helloOf(this.node, this.announced);
  }

  reachable(reachable: boolean): void {
    if (!reachable) this.heartbeats.stop();
    // Reachable is said to the shards once the welcome was handled.
    if (!reachable) this.tellAll({ kind: 'controller', reachable });
  }

  received(message: ControllerMessage__Output): void | Promise<void> {
    if (message.welcome) return this.welcome(message.welcome);
    if (message.configure) return this.configure(message.configure);
    if (message.end) return this.endJob(message.end);
    if (message.directory) return this.directory(message.directory);
    if (message.reclaim) return this.reclaim(message.reclaim);
    if (message.drain) this.drain(message.drain);
    if (message.rejected) this.rejected(message.rejected.reason);
  }

  private welcome(welcome: Welcome__Output): void {
    const membership = membershipOf(welcome, this.node.shards.length);
    // A node that is new, or lost all it had, serves once it knows what its jobs lost here.
    this.isNew = this.node.file.facts.membership === undefined && welcome.configures;
    this.node.file.save({ membership });
    if (!this.isNew) this.introduceShards();
    if (welcome.directory) this.directory(welcome.directory);
    this.ledger.reportAgain();
    for (const shard of this.node.shards) if (!shard.listening) this.sayShard(shard.index, 'down');
    this.heartbeats.every(membership.heartbeatMs);
    this.tellAll({ kind: 'controller', reachable: true });
    this.settleJoin?.resolve();
  }

  /** Tells the shards who they are: from then on they serve. */
  private introduceShards(): void {
    this.isNew = false;
    for (const index of this.indexes()) {
      const own = this.membershipOf(index);
      if (own) this.tell(index, { kind: 'membership', membership: own });
    }
  }

  private async configure(message: ConfigureJobs__Output): Promise<void> {
    this.reserved.told(message.reserved, this.node.file.facts.membership);
    const refuseUntilMs = this.node.clock.now() + tokenLifetimeMs;
    const complete = message.complete ? { known: this.announced, refuseUntilMs } : undefined;
    const { changed, ended } = await this.node.table.apply(configuredJobs(message), complete);
    for (const { job } of message.jobs) this.admitted.delete(job);
    if (this.isNew) this.introduceShards();
    const jobs = [...new Set([...changed, ...awaitedJobs(message, this.node.file.facts.membership?.shards)])];
    if (jobs.length > 0) this.tellAll({ kind: 'jobs-changed', jobs });
    this.purge(ended);
    this.link.send({ applied: { sequence: message.sequence } });
  }

  private async endJob({ job, refuseUntilMs, reserved }: EndJobOnNode__Output): Promise<void> {
    this.reserved.told(reserved, this.node.file.facts.membership);
    const record = await this.node.table.end(job, refuseUntilMs || this.node.clock.now() + tokenLifetimeMs);
    if (record.purged) this.sayPurged(job, record.purged);
    else this.purge([job]);
  }

  private directory(directory: FleetDirectory__Output): void {
    const shards = addressesAfter(this.node.file.facts.directory.shards, directory);
    this.node.file.save({ directory: { version: directory.version, shards } });
    this.tellAll({ kind: 'directory', shards });
    if (directory.heartbeatMs > 0 && this.joined) this.heartbeats.every(directory.heartbeatMs);
  }

  private reclaim({ job, shard }: GrantReclaim__Output): void {
    const index = this.node.file.facts.membership?.shards.indexOf(shard) ?? -1;
    const process = this.node.shards[index];
    if (process?.listening) {
      process.send({ kind: 'grant-reclaim', job });
      return;
    }
    // A shard that is away keeps what it has.
    const record = this.node.table.get(job);
    const held = record?.state === 'active' ? record.grants.find((grant) => grant.shard === shard) : undefined;
    this.sayGrant({ job, shard, bytes: held?.bytes ?? 0, version: held?.version ?? 0 });
  }

  private drain({ reason, leave }: Drain__Output): void {
    if (!this.draining) this.node.log.warn({ reason }, 'this node gets no new slots and leaves when its last job has ended');
    this.draining = true;
    if (leave) this.node.dismissed();
  }

  private rejected(reason: string): void {
    this.node.log.error({ reason }, 'the controller rejected this node');
    this.settleJoin?.reject(new SatchelError('invalid-argument', `the controller rejected this node: ${reason}`));
  }

  private purge(jobs: readonly string[]): void {
    if (jobs.length === 0) return;
    for (const job of jobs) {
      this.admitted.delete(job);
      this.purges.begin(job, this.indexes());
    }
    this.tellAll({ kind: 'jobs-ended', jobs });
  }

  private heartbeat(): void {
    if (!this.joined) return;
    const nowMs = this.node.clock.now();
    const rows = this.ledger.report(this.node.file.facts.membership?.shards ?? [], nowMs);
    this.link.send({ heartbeat: { atMs: nowMs, node: this.node.statistics.usage(), jobs: rows.map(jobUsageMessage) } });
  }

  private sayShard(index: number, state: 'up' | 'down'): void {
    const shard = this.membershipOf(index)?.shard;
    if (shard !== undefined) this.link.send({ shardChanged: { shard, state } });
  }

  private sayGrant(grantReturn: GrantReturn): void {
    this.link.send({ grantReturn });
  }

  private sayPurged(job: string, usage: UsageTotals): void {
    this.link.send({ purged: { job, usage: usageMessage(usage) } });
  }

  private indexes(): number[] {
    return this.node.shards.map(({ index }) => index);
  }

  private tell(index: number, message: HostMessage): void {
    const shard = this.node.shards[index];
    assert(shard, `shard ${index} is one of the node's`);
    shard.send(message);
  }

  private tellAll(message: HostMessage): void {
    for (const shard of this.node.shards) shard.send(message);
  }
}
