import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redisInstalled, repliesOfRedis } from '../testing/redis-server.js';
import { TestSession, TestShard } from '../testing/test-shard.js';

const key = fc.constantFrom('a', 'b', 'c', '{t}d');
const value = fc.constantFrom(
  '',
  '0',
  '7',
  '-12',
  '9223372036854775807',
  '1.5',
  ' 1',
  '+1',
  '-0',
  '01',
  'Hello',
  'x'.repeat(300),
);
const integer = fc.constantFrom(
  '0',
  '1',
  '-1',
  '3',
  '-3',
  '100',
  '-100',
  '9223372036854775807',
  '-9223372036854775808',
  'x',
  '',
  '1.0',
);
const seconds = fc.constantFrom('100000', '200000', '0', '-1', 'x', '9223372036854775807');
/** Points in time that are the same for both. */
const point = fc.constantFrom('4102444800', '4102444900', '1', '0', '-5', 'x');
const word = fc.constantFrom('NX', 'XX', 'GET', 'KEEPTTL', 'nx', 'BOGUS');
const time = fc.oneof(
  fc.tuple(fc.constantFrom('EX', 'ex'), seconds),
  fc.tuple(fc.constant('EXAT'), point),
  fc.tuple(fc.constant('PXAT'), fc.constantFrom('4102444800123', '1', '0')),
  fc.constantFrom(['EX'], ['PERSIST']),
);
const condition = fc.constantFrom('NX', 'XX', 'GT', 'LT', 'ZZ');

type Part = fc.Arbitrary<string | readonly string[]>;
const of = (name: string, ...parts: Part[]) => fc.tuple(...parts).map((rest): string[] => [name, ...rest.flat()]);
const options = (...parts: Part[]) =>
  fc.tuple(...parts.map((part) => fc.option(part, { nil: [] as readonly string[] }))).map((some) => some.flat());

const command: fc.Arbitrary<string[]> = fc.oneof(
  ...['GET', 'GETDEL', 'STRLEN', 'INCR', 'DECR', 'TYPE', 'TTL', 'EXPIRETIME', 'PEXPIRETIME', 'PERSIST'].map((name) =>
    of(name, key),
  ),
  of('SET', key, value),
  of('SET', key, value, options(word, time, word)),
  ...['SETNX', 'GETSET', 'APPEND'].map((name) => of(name, key, value)),
  of('SETEX', key, seconds, value),
  of('GETEX', key, options(time)),
  ...['INCRBY', 'DECRBY'].map((name) => of(name, key, integer)),
  ...['GETRANGE', 'SUBSTR'].map((name) => of(name, key, integer, integer)),
  of('SETRANGE', key, fc.constantFrom('0', '1', '7', '-1', 'x'), value),
  of('EXPIRE', key, seconds),
  // Conditions only on times that do not depend on the moment.
  of('EXPIRE', key, fc.constantFrom('0', '-1', 'x'), options(condition, condition)),
  of('EXPIREAT', key, point, options(condition, condition)),
  of('PEXPIREAT', key, fc.constantFrom('4102444800123', '1')),
  ...['DEL', 'UNLINK', 'EXISTS', 'TOUCH', 'MGET'].map((name) => of(name, key, options(key, key))),
  of('MSET', key, value, options(key, value)),
  of('DBSIZE'),
  of('FLUSHALL'),
  of('FLUSHDB', fc.constantFrom('ASYNC', 'SYNC', 'x')),
  of(
    'SCAN',
    fc.constantFrom('0', 'x', '0x'),
    fc.constantFrom(['COUNT', '0'], ['COUNT', 'x'], ['MATCH'], ['MATCH', 'z*', 'COUNT', '1000'], ['zz', '1']),
  ),
);

/** The same bytes; of times that depend on the moment of the command, about the same number. */
function agree(name: string, reply: string, expected: string): boolean {
  if (reply === expected) return true;
  const tolerance = { TTL: 60, EXPIRETIME: 60, PEXPIRETIME: 60_000 }[name] ?? 0;
  const [ours, theirs] = [reply, expected].map((integer) => Number(/^:(\d+)\r\n$/.exec(integer)?.[1])) as [number, number];
  return Math.abs(ours - theirs) <= tolerance;
}

describe('next to a real Redis', () => {
  test.skipIf(!redisInstalled)(
    'the shared commands give the same replies, byte for byte (skipped without redis-server)',
    async () => {
      const commands = fc.sample(command, { numRuns: 20_000, seed: 7 });
      const expected = await repliesOfRedis(commands);
      const shard = new TestShard();
      shard.clock.nowMs = Date.now();
      const session = new TestSession();
      session.version = 2;
      const differences = new Map<string, unknown>();
      for (const [index, line] of commands.entries()) {
        const reply = (await shard.encoded(session, line)).toString('latin1');
        if (!agree(line[0] ?? '', reply, expected[index] ?? ''))
          differences.set(line[0] ?? '', [line.join(' '), reply, expected[index]]);
      }
      expect([...differences.values()]).toEqual([]);
      shard.check();
    },
  );
});
