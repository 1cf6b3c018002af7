import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';

const shownArguments = 5;
const shownCharacters = 64;

const fields = 'keep each field under a key of its own, or the whole as one JSON value';
const conditions = 'use SATCHEL.PUT with NX or ATTEMPT for conditions, INCR for counters';
const ranked =
  'keep each element under a key that sorts, or order them where they are read; SCAN and SATCHEL.COUNT list keys by prefix';
const messages =
  'use RPUSH and BLPOP for a queue, or put each message under PREFIX/NUMBER and use SATCHEL.WAIT or SATCHEL.WAITCOUNT';
const bits = 'use GETRANGE and SETRANGE on bytes, or GET, change and SET the value';
const members = 'use SMEMBERS or SMISMEMBER, and combine sets where they are read';
const operators = 'the operator has `satchel` and the metrics of nodes and controller';
const copies = 'replicas are not part of a job; SATCHEL.PUT … PERSIST keeps an object beyond it';

/** Commands of Redis that Satchel does without, and what to use instead. */
const instead: Readonly<Record<string, string>> = {
  ...each(
    'hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset hsetnx hstrlen hvals hexpire hpexpire hexpireat hpexpireat hpersist httl hpttl hexpiretime hpexpiretime',
    fields,
  ),
  ...each(
    'zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore bzmpop bzpopmax bzpopmin',
    ranked,
  ),
  ...each('xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim', messages),
  ...each(
    'geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore',
    ranked,
  ),
  ...each('pfadd pfcount pfmerge pfdebug pfselftest', 'use SADD and SCARD, or count where the elements are read'),
  ...each('setbit getbit bitcount bitop bitpos bitfield bitfield_ro', bits),
  ...each('sscan sinter sintercard sinterstore sunion sunionstore sdiff sdiffstore', members),
  ...each('smove', 'use SREM and SADD'),
  ...each('lmpop', 'use LPOP or RPOP with a count, of one list after the other'),
  ...each('blmpop', 'use BLPOP or BRPOP, which take several lists'),
  ...each(
    'multi exec discard watch unwatch',
    `each command is atomic by itself, MSETNX and LMOVE over several keys; ${conditions}`,
  ),
  ...each(
    'eval eval_ro evalsha evalsha_ro script fcall fcall_ro function module',
    `code runs in functions, not in the store; ${conditions}`,
  ),
  ...each('ssubscribe sunsubscribe spublish', 'use SUBSCRIBE and PUBLISH, which reach all shards of the job'),
  ...each('incrbyfloat', 'use INCRBY on whole numbers of a smaller unit'),
  ...each('lcs', 'GET both values and compare them'),
  ...each('sort sort_ro', 'use LRANGE or SMEMBERS, and sort where they are read'),
  ...each('copy dump restore restore-asking migrate', 'GET and SET under the new key; RENAME moves an object'),
  ...each('save bgsave bgrewriteaof lastsave', 'use SATCHEL.PUT … PERSIST for what shall outlive the job'),
  ...each('swapdb move', 'a job has one database; register another job'),
  ...each('wait waitaof', 'a write that was acknowledged is there for every reader'),
  ...each('sync psync replconf replicaof slaveof failover role', copies),
  ...each('asking', 'slots move without ASK; follow MOVED'),
  ...each('acl', 'what a token allows is said when it is issued'),
  ...each('memory', 'use SATCHEL.STAT for an object, INFO for the shard'),
  ...each('monitor debug latency slowlog shutdown lolwut', operators),
};

/** The error for a command that is not in the table: as in Redis, or saying what to use instead. */
export function unknownCommand(args: CommandArguments, index = 0): SatchelError {
  const name = args.text(index).slice(0, shownCharacters * 2);
  const hint = instead[name.toLowerCase()];
  if (hint !== undefined) return new SatchelError('invalid-argument', `Satchel has no command '${name}'; ${hint}`);
  let shown = '';
  for (let at = index + 1; at < Math.min(args.count, index + 1 + shownArguments); at++) {
    shown += `'${args.text(at).slice(0, shownCharacters)}' `;
  }
  return new SatchelError('invalid-argument', `unknown command '${name}', with args beginning with: ${shown}`);
}

function each(names: string, text: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, text]));
}
