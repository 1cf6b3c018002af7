import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisInstalled, repliesOfRedis } from './testing/redis-server.js';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

/** Commands of Redis 7.0, where there is none to ask. */
const redisCommands =
  `acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop brpoplpush
bzmpop bzpopmax bzpopmin client cluster command config copy dbsize debug decr decrby del discard dump echo eval eval_ro evalsha evalsha_ro exec
exists expire expireat expiretime failover fcall fcall_ro flushall flushdb function geoadd geodist geohash geopos georadius georadius_ro
georadiusbymember georadiusbymember_ro geosearch geosearchstore get getbit getdel getex getrange getset hdel hello hexists hget hgetall hincrby
hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave latency lcs lindex
linsert llen lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory mget migrate module monitor move mset msetnx multi object
persist pexpire pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex psubscribe psync pttl publish pubsub punsubscribe quit
randomkey readonly readwrite rename renamenx replconf replicaof reset restore restore-asking role rpop rpoplpush rpush rpushx sadd save scan scard
script sdiff sdiffstore select set setbit setex setnx setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog smembers smismember
smove sort sort_ro spop spublish srandmember srem sscan ssubscribe strlen subscribe substr sunion sunionstore sunsubscribe swapdb sync time touch
ttl type unlink unsubscribe unwatch wait watch xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid
xtrim zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange
zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank
zscan zscore zunion zunionstore`.split(/\s+/);

let fleet: TestFleet;
let client: TestClient;
beforeAll(async () => {
  fleet = await TestFleet.start();
  client = await fleet.client('commands');
});
afterAll(() => fleet.close());

async function commandsOfRedis(): Promise<string[]> {
  if (!redisInstalled) return redisCommands;
  const [list = ''] = await repliesOfRedis([['COMMAND', 'LIST']]);
  const installed = list.split('\r\n').filter((line) => /^[a-z][a-z_-]*$/.test(line));
  return [...new Set([...redisCommands, ...installed])];
}

describe('every command of Redis', () => {
  test('is there, or answered with what to use instead', async () => {
    const supported: string[] = [];
    for (const name of await commandsOfRedis()) {
      const [known] = (await client.call('COMMAND', 'INFO', name)) as [unknown];
      if (known !== null) supported.push(name);
      else expect(await client.call(name, 'a', 'b', 'c')).toMatch(new RegExp(`^-ERR Satchel has no command '${name}'; .{10}`));
    }
    expect(supported.length).toBeGreaterThan(90);
  });

  test('that is there has the arity and the keys that it has in Redis', async ({ skip }) => {
    if (!redisInstalled) skip('redis-server is not installed');
    const ours = (await client.call('COMMAND')) as [string, number, string[], number, number, number][];
    const [reply = ''] = await repliesOfRedis([['COMMAND']]);
    const differences: unknown[] = [];
    for (const [name, arity, , first, last, step] of ours) {
      const theirs = new RegExp(
        `\\$${name.length}\\r\\n${name.replace('.', '\\.')}\\r\\n:(-?\\d+)\\r\\n\\*(\\d+)\\r\\n((?:\\+\\w+\\r\\n)*):(-?\\d+)\\r\\n:(-?\\d+)\\r\\n:(-?\\d+)`,
      ).exec(reply);
      // Redis announces the key of OBJECT with its subcommands only.
      if (theirs === null || name === 'object') continue;
      const expected = [theirs[1], theirs[4], theirs[5], theirs[6]].map(Number);
      if (String([arity, first, last, step]) !== String(expected)) differences.push([name, [arity, first, last, step], expected]);
    }
    expect(differences).toEqual([]);
  });
});

test('what is no command of Redis either is answered as Redis does', async () => {
  expect(await client.call('NOSUCH', 'a', 'b')).toBe("-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
});
