import { SatchelError, type Verb } from '@satchel/proto/core';
import {
  CommandArguments,
  decodeReply,
  type Reply,
  ReplyBuffer,
  ReplyError,
  type ReplyWriter,
  type RespVersion,
} from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { MapStore } from '../../store/testing/map-store.js';
import { TieredStore } from '../../store/tiered/tiered-store.js';
import type { HeapSpace } from '../collections/heap-space.js';
import type { Command, CommandContext } from '../command.js';
import { dataCommands } from '../commands/data-commands.js';
import { ShardJob } from '../job.js';
import type { Session } from '../session.js';
import { LimitedGrant } from './limited-grant.js';
import { ManualClock } from './manual-clock.js';
import { MapPersisted } from './map-persisted.js';
import { SlowStore } from './slow-store.js';

const byName = new Map(dataCommands.map((command) => [command.name, command]));

/** Budgets of a test shard's tiers and quota of its job; each is ample by default. */
export interface TestShardOptions {
  readonly dramBytes?: number;
  readonly ssdBytes?: number;
  readonly objectBytes?: number;
  readonly quotaBytes?: number;
  /** Comes back without its DRAM data. */
  readonly lost?: boolean;
  /** The job is a cache. */
  readonly evict?: boolean;
  /** Where lists and sets lie. */
  readonly heap?: HeapSpace;
}

const ample = 1_000_000_000;

/** A tier that takes the object of the smallest hash for its coldest. */
class ColdStore extends MapStore {
  coldest(): Key | undefined {
    let coldest: Key | undefined;
    this.scan(0, 1, (key) => {
      coldest ??= key.copy();
    });
    return coldest;
  }
}

/** One job on one shard without server or disks: commands in, replies out. */
export class TestShard {
  readonly clock = new ManualClock();
  readonly persisted = new MapPersisted();
  readonly dram: MapStore;
  readonly ssd: MapStore;
  readonly object: SlowStore;
  readonly grant: LimitedGrant;
  readonly shardWaits = { count: 0 };
  readonly job: ShardJob;
  readonly session = new TestSession();
  opened = 0;

  /** `fill` puts into the ssd tier what a lost job finds there. */
  constructor(options: TestShardOptions = {}, fill: (ssd: MapStore) => void = () => {}) {
    this.dram = new (options.evict ? ColdStore : MapStore)('dram', options.dramBytes ?? ample);
    this.ssd = new MapStore('ssd', options.ssdBytes ?? ample);
    this.object = new SlowStore(options.objectBytes ?? ample);
    fill(this.ssd);
    this.grant = new LimitedGrant(options.quotaBytes ?? ample);
    this.job = new ShardJob({
      node: 'node-1',
      configuration: {
        job: 'test-job',
        namespace: 'default',
        epoch: 1,
        ranges: [{ start: 0, shard: 1 }],
        tiers: ['dram', 'ssd', 'object'],
        quotaBytes: options.quotaBytes ?? 0,
        evict: options.evict ? 'lru' : '',
        createdMs: this.clock.nowMs,
      },
      shard: 1,
      openStore: (onEvicted) => {
        this.opened++;
        const tiers = [this.dram, this.ssd, this.object];
        return new TieredStore({ tiers, evict: options.evict ? 'lru' : '', onEvicted });
      },
      persisted: this.persisted,
      grant: this.grant,
      lost: options.lost ?? false,
      clock: this.clock,
      ...(options.heap && { heap: options.heap }),
      shardWaits: this.shardWaits,
    });
  }

  /** Runs a command; settles with its reply, errors as ReplyError. */
  async run(...command: (string | number | Buffer)[]): Promise<Reply> {
    return this.runOn(this.session, ...command);
  }

  /** Runs a command of another session. */
  async runOn(session: TestSession, ...command: (string | number | Buffer)[]): Promise<Reply> {
    return decodeReply(await this.encoded(session, command));
  }

  /** Runs a command; settles with the bytes of its reply. */
  async encoded(session: TestSession, command: readonly (string | number | Buffer)[]): Promise<Buffer> {
    const reply = new ReplyBuffer();
    reply.version = session.version;
    try {
      await this.start(session, reply, command);
    } catch (error) {
      reply.clear();
      reply.error(SatchelError.from(error).toRespLine());
    }
    return reply.bytes;
  }

  /** Runs a command that must be done at once, without a promise. */
  runNow(...command: (string | number | Buffer)[]): Reply {
    const reply = new ReplyBuffer();
    reply.version = this.session.version;
    const pending = this.start(this.session, reply, command);
    if (pending !== undefined) throw new Error(`${command[0]} was not done at once`);
    return decodeReply(reply.bytes);
  }

  /** As `run`, with bulk strings of the reply as latin1 text and errors as `-CODE …`. */
  async text(...command: (string | number | Buffer)[]): Promise<unknown> {
    return shown(await this.run(...command));
  }

  /** Throws unless quota, usage and what the tiers hold agree. `failureBytes`: charge of failed keys. */
  check(failureBytes = 0): void {
    const onHeap = this.job.collections.usedBytes;
    const held = this.dram.usage.usedBytes + this.ssd.usage.usedBytes + this.object.usage.usedBytes + onHeap;
    const tiers = (['dram', 'ssd', 'object'] as const).map((tier) => this.job.usage.bytes(tier));
    const used = [this.dram, this.ssd, this.object].map((store) => store.usage.usedBytes + (store === this.dram ? onHeap : 0));
    if (this.grant.reservedBytes !== held + failureBytes || String(tiers) !== String(used)) {
      throw new Error(`reserved ${this.grant.reservedBytes}, counted ${tiers}, held ${used}`);
    }
    if (this.job.gate.size > 0) throw new Error(`${this.job.gate.size} keys are still held`);
  }

  private start(session: Session, reply: ReplyWriter, command: readonly (string | number | Buffer)[]): void | Promise<void> {
    const args = argumentsOf(command);
    const entry = byName.get(args.text(0).toLowerCase());
    if (entry === undefined) throw new Error(`no command ${args.text(0)}`);
    checkArity(entry, args.count);
    const context: CommandContext = { args, reply, session, job: this.job, nowMs: this.clock.nowMs };
    const pending = entry.run(context);
    // As the shard does: what the arguments lay in is reused as soon as the handler has returned.
    if (pending !== undefined) moveBytes(args);
    return pending;
  }
}

function checkArity({ arity, name }: Command, count: number): void {
  if (arity > 0 ? count === arity : count >= -arity) return;
  throw new SatchelError('invalid-argument', `wrong number of arguments for '${name}' command`);
}

function argumentsOf(command: readonly (string | number | Buffer)[]): CommandArguments {
  const args = new CommandArguments();
  const parts = command.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))));
  args.buffer = Buffer.concat([Buffer.from('xx'), ...parts]);
  let at = 2;
  for (const part of parts) {
    args.add(at, at + part.length);
    at += part.length;
  }
  return args;
}

function moveBytes(args: CommandArguments): void {
  const before = args.buffer;
  args.buffer = Buffer.concat([Buffer.alloc(7), before]);
  for (let index = 0; index < args.count; index++) {
    args.starts[index] = args.start(index) + 7;
    args.ends[index] = args.end(index) + 7;
  }
  before.fill(0xdd);
}

/** A reply as text: bulk strings latin1, errors as `-CODE …`. */
export function shown(reply: Reply): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (reply instanceof ReplyError) return `-${reply.line}`;
  if (Array.isArray(reply)) return reply.map(shown);
  if (reply instanceof Map) return Object.fromEntries([...reply].map(([key, value]) => [String(key), shown(value as Reply)]));
  return reply;
}

/** A connection that remembers what it was pushed. */
export class TestSession implements Session {
  readonly id = 1;
  readonly mode = 'direct';
  readonly peer = 'test';
  readonly connectedMs = 0;
  name = '';
  version: RespVersion = 3;
  closed = false;
  identity: Session['identity'];
  /** Pushes as text. */
  readonly pushes: unknown[] = [];
  readonly #listeners = new Set<() => void>();

  /** Callbacks that wait for the connection's end. */
  get listeners(): number {
    return this.#listeners.size;
  }

  push(write: (reply: ReplyWriter) => void): void {
    const reply = new ReplyBuffer();
    reply.version = 2;
    write(reply);
    this.pushes.push(shown(decodeReply(reply.bytes)));
  }

  onClose(callback: () => void): () => void {
    if (this.closed) callback();
    else this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** The other end is gone. */
  close(): void {
    this.closed = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  /** Restricts what the token allows. */
  allow(job: ShardJob, ...verbs: Verb[]): void {
    this.identity = { job: 'test-job', namespace: 'default', verbs, token: '', shardJob: job };
  }
}
