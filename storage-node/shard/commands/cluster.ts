import { createHash } from 'node:crypto';
import { SatchelError, slotCount, slotOfBytes } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { JobConfiguration, ShardAddress } from '../../job-configuration.js';
import { scanEnd } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import type { ShardEnvironment } from '../shard-environment.js';
import { inSlices } from '../slices.js';
import { subcommands } from './subcommands.js';

/** Keys looked at between two looks at the clock. */
const keysPerStep = 256;

/** Consecutive slots, both ends included, of one shard. */
interface SlotSpan {
  readonly first: number;
  readonly last: number;
  readonly address: ShardAddress;
}

/** Commands of Redis Cluster: they announce the job's own slot map with the direct ports. */
export function clusterCommands(environment: ShardEnvironment): readonly Command[] {
  const scope = 'connection';
  return [
    { name: 'cluster', arity: -2, scope, flags: ['loading', 'stale'], run: cluster(environment) },
    { name: 'readonly', arity: 1, scope, flags: ['fast'], run: ({ reply }) => reply.ok() },
    { name: 'readwrite', arity: 1, scope, flags: ['fast'], run: ({ reply }) => reply.ok() },
    { name: 'asking', arity: 1, scope, flags: ['fast'], run: ({ reply }) => reply.ok() },
  ];
}

function cluster(environment: ShardEnvironment): Command['run'] {
  const spans = ({ job }: CommandContext): SlotSpan[] => spansOf(job.configuration, environment);
  return subcommands('cluster', {
    slots: { arity: 2, run: (context) => slots(context.reply, spans(context)) },
    shards: { arity: 2, run: (context) => shards(context.reply, spans(context)) },
    nodes: { arity: 2, run: (context) => context.reply.text(nodes(context, spans(context), environment)) },
    info: { arity: 2, run: (context) => context.reply.text(clusterInfo(context, spans(context))) },
    myid: { arity: 2, run: ({ reply }) => reply.text(idOfShard(environment.shard)) },
    keyslot: { arity: 3, run: ({ args, reply }) => reply.integer(slotOfBytes(args.buffer, args.start(2), args.end(2))) },
    countkeysinslot: { arity: 3, run: countKeysInSlot },
  });
}

/** The job's slot map with the addresses of its shards; throws `unavailable` if one is not known here yet. */
function spansOf({ ranges }: JobConfiguration, environment: ShardEnvironment): SlotSpan[] {
  return ranges.map(({ start, shard }, index) => {
    const address = environment.addressOf(shard);
    if (address === undefined)
      throw new SatchelError('unavailable', `the address of shard ${shard} is not known here yet; try again`);
    return { first: start, last: (ranges[index + 1]?.start ?? slotCount) - 1, address };
  });
}

/** A shard's id as 40 hexadecimal digits, which is what cluster clients expect of a node. */
function idOfShard(shard: number): string {
  return createHash('sha1').update(`satchel shard ${shard}`).digest('hex');
}

function slots(reply: ReplyWriter, spans: readonly SlotSpan[]): void {
  reply.array(spans.length);
  for (const { first, last, address } of spans) {
    reply.array(3);
    reply.integer(first);
    reply.integer(last);
    reply.array(4);
    reply.text(address.host);
    reply.integer(address.directPort);
    reply.text(idOfShard(address.shard));
    reply.array(0);
  }
}

/** The spans of each shard, in order of first appearance. */
function byShard(spans: readonly SlotSpan[]): SlotSpan[][] {
  const grouped = new Map<number, SlotSpan[]>();
  for (const span of spans) {
    const own = grouped.get(span.address.shard) ?? [];
    own.push(span);
    grouped.set(span.address.shard, own);
  }
  return [...grouped.values()];
}

function shards(reply: ReplyWriter, spans: readonly SlotSpan[]): void {
  const grouped = byShard(spans);
  reply.array(grouped.length);
  for (const own of grouped) {
    const { address } = own[0] as SlotSpan;
    reply.map(2);
    reply.text('slots');
    reply.array(own.length * 2);
    for (const { first, last } of own) {
      reply.integer(first);
      reply.integer(last);
    }
    reply.text('nodes');
    reply.array(1);
    shardNode(reply, address);
  }
}

function shardNode(reply: ReplyWriter, address: ShardAddress): void {
  reply.map(7);
  reply.text('id');
  reply.text(idOfShard(address.shard));
  reply.text('port');
  reply.integer(address.directPort);
  reply.text('ip');
  reply.text(address.host);
  reply.text('endpoint');
  reply.text(address.host);
  reply.text('role');
  reply.text('master');
  reply.text('replication-offset');
  reply.integer(0);
  reply.text('health');
  reply.text('online');
}

function nodes({ job }: CommandContext, spans: readonly SlotSpan[], environment: ShardEnvironment): string {
  const lines = byShard(spans).map((own) => {
    const { address } = own[0] as SlotSpan;
    const flags = address.shard === environment.shard ? 'myself,master' : 'master';
    const owned = own.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(' ');
    const at = `${address.host}:${address.directPort}@${address.directPort}`;
    return `${idOfShard(address.shard)} ${at} ${flags} - 0 0 ${job.configuration.epoch} connected ${owned}\n`;
  });
  return lines.join('');
}

function clusterInfo({ job }: CommandContext, spans: readonly SlotSpan[]): string {
  const size = byShard(spans).length;
  const lines: Record<string, string | number> = {
    cluster_enabled: 1,
    cluster_state: 'ok',
    cluster_slots_assigned: slotCount,
    cluster_slots_ok: slotCount,
    cluster_slots_pfail: 0,
    cluster_slots_fail: 0,
    cluster_known_nodes: size,
    cluster_size: size,
    cluster_current_epoch: job.configuration.epoch,
    cluster_my_epoch: job.configuration.epoch,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
}

/** Objects of a slot on this shard. Looks at every key, in slices: a tool for people. */
async function countKeysInSlot(context: CommandContext): Promise<void> {
  const { args, job } = context;
  const slot = Number(args.text(2));
  if (!Number.isInteger(slot) || slot < 0 || slot >= slotCount) throw new SatchelError('invalid-argument', 'Invalid slot');
  let count = 0;
  let position = 0;
  await inSlices(() => {
    position = job.scan(position, keysPerStep, (key) => {
      if (slotOfBytes(key.buffer, key.start, key.end) === slot) count++;
    });
    return position >= scanEnd;
  });
  context.reply.integer(count);
}
