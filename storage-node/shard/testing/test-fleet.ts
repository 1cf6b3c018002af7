import { connect, type Socket } from 'node:net';
import { type Clock, rangesFromWeights, SatchelError, systemClock, type Verb, verbs } from '@satchel/proto/core';
import { type CommandArgument, encodeCommand, type Reply, ReplyError, ReplyParser } from '@satchel/proto/resp';
import { pino } from 'pino';
import { type JobConfiguration, type ShardAddress, supersedes } from '../../job-configuration.js';
import { MapStore } from '../../store/testing/map-store.js';
import type { TierStore } from '../../store/tier-store.js';
import { TieredStore } from '../../store/tiered/tiered-store.js';
import type { Command } from '../command.js';
import { dataCommands } from '../commands/data-commands.js';
import { type Grant, unlimitedGrant } from '../grant.js';
import { ShardJob } from '../job.js';
import type { PersistedObjects } from '../job-store.js';
import { Server } from '../server.js';
import type { Admission, ShardEnvironment } from '../shard-environment.js';
import type { Fence } from '../steering/fences.js';
import type { SlotSpan } from '../steering/slot-set.js';
import { MapPersisted } from './map-persisted.js';

const ample = 1_000_000_000;
const linkToken = 'the-link-token';

/** What tests vary of a fleet. */
export interface TestFleetOptions {
  /** Shards, numbered from 1; each serves all jobs. Default 2. */
  readonly shards?: number;
  /** Jobs whose id begins with `one-` live on shard 1 alone; others span all shards. */
  readonly commands?: readonly Command[];
  readonly socket?: string;
  readonly connectionLimit?: number;
  /** Tiers of a job on one shard. */
  readonly openTiers?: (shard: number) => TierStore[];
  /** Whether a restarted shard finds what its ssd and object tier kept, and has lost the rest. Default: it has never had anything. */
  readonly losesData?: boolean;
  /** A shard's share of the quota of its jobs. Default: there is none. */
  readonly grantOf?: (shard: number) => Grant;
  /** Whether jobs are caches. */
  readonly evict?: 'lru';
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** The namespace's persisted objects. Default: each shard has its own. */
  readonly persisted?: PersistedObjects;
}

/** Several shards with real servers and jobs in this process; tokens are `JOB:VERB,VERB`, and need no controller. */
export class TestFleet {
  readonly shards: TestShardProcess[] = [];
  readonly #clients: TestClient[] = [];

  static async start(options: TestFleetOptions = {}): Promise<TestFleet> {
    const fleet = new TestFleet();
    const directory = new Map<number, ShardAddress>();
    for (let shard = 1; shard <= (options.shards ?? 2); shard++) {
      const started = new TestShardProcess(shard, options, directory);
      await started.listen(0, 0);
      fleet.shards.push(started);
    }
    return fleet;
  }

  shard(number: number): TestShardProcess {
    const found = this.shards[number - 1];
    if (found === undefined) throw new Error(`no shard ${number}`);
    return found;
  }

  /** A client of a shard's endpoint (or direct port), authenticated for a job unless it is empty. */
  async client(
    job = 'job',
    where: { shard?: number; direct?: boolean; version?: 2 | 3; verbs?: readonly Verb[] } = {},
  ): Promise<TestClient> {
    const { endpointPort, directPort } = this.shard(where.shard ?? 1).address;
    const client = await TestClient.connect(where.direct ? directPort : endpointPort);
    this.#clients.push(client);
    const token = `${job}:${(where.verbs ?? verbs).join(',')}`;
    if (job !== '') await client.call('HELLO', where.version ?? 3, 'AUTH', job, token);
    return client;
  }

  close(): void {
    for (const client of this.#clients) client.close();
    for (const shard of this.shards) shard.server.close();
  }
}

/** One shard with its server; its environment admits whom the token names. */
export class TestShardProcess implements ShardEnvironment {
  readonly shard: number;
  readonly node: string;
  readonly log = pino({ level: 'silent' });
  readonly linkToken = linkToken;
  readonly jobs = new Map<string, ShardJob>();
  /** What each job's shard said is empty, latest last. */
  readonly emptied: { readonly job: string; readonly epoch: number; readonly spans: readonly SlotSpan[] }[] = [];
  /** What the controller said last, by job. */
  readonly #configurations = new Map<string, JobConfiguration>();
  readonly #fences = new Map<string, readonly Fence[]>();
  /** Number of times a token was checked. */
  admissions = 0;
  server: Server;
  #restarted = false;
  #announcedPort: number | undefined;
  #ports = { endpointPort: 0, directPort: 0 };
  readonly #options: TestFleetOptions;
  readonly #directory: Map<number, ShardAddress>;

  constructor(shard: number, options: TestFleetOptions, directory: Map<number, ShardAddress>) {
    this.shard = shard;
    this.node = `node-${shard}`;
    this.#options = options;
    this.#directory = directory;
    this.server = this.#newServer();
  }

  get address(): ShardAddress {
    const address = this.#directory.get(this.shard);
    if (address === undefined) throw new Error(`shard ${this.shard} does not listen`);
    return address;
  }

  async listen(endpointPort: number, directPort: number): Promise<void> {
    const host = '127.0.0.1';
    const { socket } = this.#options;
    const ports = await this.server.listen({ host, endpointPort, directPort, ...(socket === undefined ? {} : { socket }) });
    this.#ports = ports;
    const announced = this.#announcedPort ?? ports.directPort;
    this.#directory.set(this.shard, {
      shard: this.shard,
      node: this.node,
      host,
      socket: socket ?? '',
      ...ports,
      directPort: announced,
    });
  }

  /** Says a job's configuration to this shard, as its host does. */
  configure(configuration: JobConfiguration): void {
    const before = this.#configurations.get(configuration.job);
    if (before !== undefined && !supersedes(configuration, before)) return;
    this.#configurations.set(configuration.job, configuration);
    this.#open(configuration.job).steering.follow(configuration);
  }

  /** Announces another direct port for this shard. */
  moveTo(directPort: number): void {
    this.#announcedPort = directPort;
    this.#directory.set(this.shard, { ...this.address, directPort });
  }

  /** Stops and starts the server on the same ports, with the jobs forgotten. */
  async restart(): Promise<void> {
    const { endpointPort, directPort } = this.#ports;
    this.server.close();
    // What a process that is gone does no more.
    for (const job of this.jobs.values()) {
      job.striping.end();
      job.steering.end();
    }
    this.jobs.clear();
    this.#restarted = true;
    this.server = this.#newServer();
    await this.listen(endpointPort, directPort);
  }

  async admit(job: string | undefined, token: string): Promise<Admission> {
    this.admissions++;
    await Promise.resolve();
    const [named = '', allowed = ''] = token.split(':');
    if (allowed === '' || (job !== undefined && job !== named)) throw new SatchelError('wrong-token', 'the token was refused');
    const granted = verbs.filter((verb) => allowed.split(',').includes(verb));
    return { job: this.#open(named), namespace: 'default', verbs: granted };
  }

  jobOf(job: string): ShardJob | undefined {
    return this.jobs.get(job) ?? (this.#configurations.has(job) ? this.#open(job) : undefined);
  }

  async verifyLink(token: string): Promise<void> {
    if (token !== linkToken) throw new SatchelError('wrong-token', 'the link token was refused');
  }

  addressOf(shard: number): ShardAddress | undefined {
    return this.#directory.get(shard);
  }

  information(): Record<string, Record<string, string | number>> {
    return { Memory: { used_memory: 0 } };
  }

  #newServer(): Server {
    const { commands = [], connectionLimit } = this.#options;
    return new Server({
      environment: this,
      commands: [...dataCommands, ...commands],
      ...(connectionLimit === undefined ? {} : { connectionLimit }),
    });
  }

  #open(job: string): ShardJob {
    const open = this.jobs.get(job);
    if (open !== undefined) return open;
    const tiers = this.#options.openTiers?.(this.shard) ?? [new MapStore('dram', ample)];
    const opened = new ShardJob({
      node: 'node-1',
      configuration: this.#configurations.get(job) ?? this.#configuration(job),
      shard: this.shard,
      openStore: (onEvicted) => new TieredStore({ tiers, onEvicted, evict: this.#options.evict ?? '' }),
      persisted: this.#options.persisted ?? new MapPersisted(),
      grant: this.#options.grantOf?.(this.shard) ?? unlimitedGrant,
      lost: this.#restarted && this.#options.losesData === true,
      clock: this.#options.clock ?? systemClock,
      shardWaits: { count: 0 },
      calls: () => this.server.calls,
      onDirty: (dirty) => this.server.jobChanged(dirty),
      steering: {
        fences: { load: () => this.#fences.get(job) ?? [], save: (fences) => this.#fences.set(job, fences) },
        emptied: (epoch, spans) => this.emptied.push({ job, epoch, spans }),
      },
    });
    this.jobs.set(job, opened);
    return opened;
  }

  #configuration(job: string): JobConfiguration {
    const count = job.startsWith('one-') ? 1 : (this.#options.shards ?? 2);
    const ranges = rangesFromWeights(Array.from({ length: count }, (_, index) => ({ shard: index + 1, weight: 1 })));
    return {
      job,
      namespace: 'default',
      epoch: 1,
      ranges,
      tiers: ['dram'],
      quotaBytes: 0,
      evict: this.#options.evict ?? '',
      createdMs: 0,
    };
  }
}

/** A client that shows replies as text; pushes are kept apart. */
export class TestClient {
  readonly pushes: unknown[] = [];
  readonly socket: Socket;
  /** Settles when the connection has closed. */
  readonly ended: Promise<void>;
  readonly #waiting: ((reply: unknown) => void)[] = [];
  readonly #pushWaiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const parser = new ReplyParser({
      onReply: (reply: Reply) => this.#waiting.shift()?.(shown(reply)),
      onPush: (push: Reply) => {
        this.pushes.push(shown(push));
        for (const wake of this.#pushWaiting.splice(0)) wake();
      },
    });
    socket.on('data', (data) => parser.feed(data, 0, data.length));
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        for (const settle of this.#waiting.splice(0)) settle('closed');
        resolve();
      });
    });
  }

  static connect(port: number | string): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = typeof port === 'string' ? connect(port) : connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new TestClient(socket)));
    });
  }

  /** One command; settles with its reply as text, `-CODE …` for errors, `closed` if none came. */
  call(...command: CommandArgument[]): Promise<unknown> {
    return this.send(encodeCommand(command), 1).then(([reply]) => reply);
  }

  /** Sends bytes and settles with the next `replies` replies. */
  send(bytes: Uint8Array | string, replies: number): Promise<unknown[]> {
    const settled = Array.from({ length: replies }, () => new Promise((resolve) => this.#waiting.push(resolve)));
    this.socket.write(bytes);
    return Promise.all(settled);
  }

  /** Settles once `count` pushes have come in all. */
  async pushed(count: number): Promise<unknown[]> {
    while (this.pushes.length < count) await new Promise<void>((resolve) => this.#pushWaiting.push(resolve));
    return this.pushes;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A reply as text: bulk strings latin1, errors as `-CODE …`, maps as objects. */
function shown(reply: Reply): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (reply instanceof ReplyError) return `-${reply.line}`;
  if (Array.isArray(reply)) return reply.map(shown);
  if (reply instanceof Map) return Object.fromEntries([...reply].map(([key, value]) => [String(key), shown(value as Reply)]));
  return reply;
}
