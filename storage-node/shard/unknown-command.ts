import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';

const shownArguments = 5;
const shownCharacters = 64;

const strings = 'keep each field under a key of its own, or the whole as one JSON value';
const noScripts = 'use SATCHEL.PUT with NX or ATTEMPT for conditions, INCR for counters';
const waiting = 'use SATCHEL.WAIT on a key or SATCHEL.WAITCOUNT on a prefix';

/** Commands of Redis that Satchel does without, and what to use instead. */
const instead: Readonly<Record<string, string>> = {
  ...each('hset hget hmset hmget hgetall hdel hexists hkeys hvals hlen hincrby hscan hsetnx', strings),
  ...each('zadd zrange zrem zscore zcard zincrby zrangebyscore zrank zcount zscan', strings),
  ...each('sadd srem smembers sismember scard sscan sinter sunion', `${strings}; SCAN and SATCHEL.COUNT list keys by prefix`),
  ...each('lpush rpush lpop rpop llen lrange lindex lrem ltrim', 'put each element under PREFIX/NUMBER, and GETDEL it'),
  ...each('blpop brpop brpoplpush blmove xread xreadgroup subscribe psubscribe ssubscribe publish spublish', waiting),
  ...each('xadd xrange xlen xgroup xack', `put each message under PREFIX/NUMBER; ${waiting}`),
  ...each('multi exec discard watch unwatch', `each command is atomic by itself; ${noScripts}`),
  ...each('eval evalsha script fcall function', noScripts),
  ...each('keys', 'use SCAN, or SATCHEL.COUNT for a prefix'),
  ...each('save bgsave bgrewriteaof', 'use SATCHEL.PUT … PERSIST for what shall outlive the job'),
  ...each('swapdb move', 'a job has one database'),
  ...each('rename renamenx copy', 'GET and SET under the new key, then DEL the old one'),
  ...each('setbit getbit bitcount bitop pfadd pfcount geoadd geosearch', 'GET, change and SET the value'),
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
