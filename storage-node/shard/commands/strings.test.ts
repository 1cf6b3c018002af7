import { limits } from '@satchel/proto/core';
import { describe, expect, test } from 'vitest';
import { TestShard } from '../testing/test-shard.js';

/** Commands one after the other with their replies. */
type Dialogue = readonly (readonly [string, unknown])[];

async function expectDialogue(dialogue: Dialogue, shard = new TestShard()): Promise<TestShard> {
  for (const [command, reply] of dialogue) {
    expect([command, await shard.text(...command.split(' ').map((word) => (word === "''" ? '' : word)))]).toEqual([
      command,
      reply,
    ]);
  }
  shard.check();
  return shard;
}

const notAnInteger = '-ERR value is not an integer or out of range';

describe('strings', () => {
  const dialogues: Record<string, Dialogue> = {
    'GET returns what SET stored, nil for what is missing': [
      ['GET a', null],
      ['SET a 1', 'OK'],
      ['GET a', '1'],
      ["SET a ''", 'OK'],
      ['GET a', ''],
      ["SET '' empty", 'OK'],
      ["GET ''", 'empty'],
    ],
    'SET NX and XX store only on their condition': [
      ['SET a 1 XX', null],
      ['SET a 1 NX', 'OK'],
      ['SET a 2 NX', null],
      ['SET a 2 XX', 'OK'],
      ['GET a', '2'],
      ['SET a 3 NX XX', '-ERR syntax error'],
    ],
    'SET GET replies with the old value, whatever the condition says': [
      ['SET a 1 GET', null],
      ['SET a 2 GET', '1'],
      ['SET a 3 NX GET', '2'],
      ['SET a 3 XX GET', '2'],
      ['SET b 3 XX GET', null],
      ['GET b', null],
      ['GET a', '3'],
    ],
    'SET takes one expiry, more than 0': [
      ['SET a 1 EX 10', 'OK'],
      ['TTL a', 10],
      ['SET a 2 KEEPTTL', 'OK'],
      ['PTTL a', 10_000],
      ['SET a 3', 'OK'],
      ['TTL a', -1],
      ['SET a 1 EX 0', "-ERR invalid expire time in 'set' command"],
      ['SET a 1 EX x', notAnInteger],
      ['SET a 1 EX', '-ERR syntax error'],
      ['SET a 1 EX 1 PX 1', '-ERR syntax error'],
      ['SET a 1 KEEPTTL EX 1', '-ERR syntax error'],
      ['SET a 1 BOGUS', '-ERR syntax error'],
      ['SET a 1 EX 9223372036854775807', "-ERR invalid expire time in 'set' command"],
      ['GET a', '3'],
    ],
    'SETNX, SETEX, PSETEX and GETSET': [
      ['SETNX a 1', 1],
      ['SETNX a 2', 0],
      ['SETEX a 10 2', 'OK'],
      ['TTL a', 10],
      ['GETSET a 3', '2'],
      ['TTL a', -1],
      ['PSETEX a 1500 4', 'OK'],
      ['PTTL a', 1500],
      ['SETEX a 0 5', "-ERR invalid expire time in 'setex' command"],
      ['PSETEX a -1 5', "-ERR invalid expire time in 'psetex' command"],
      ['GET a', '4'],
    ],
    'GETDEL returns and removes': [
      ['SET a 1', 'OK'],
      ['GETDEL a', '1'],
      ['GETDEL a', null],
      ['EXISTS a', 0],
    ],
    'GETEX changes the expiry, or leaves it': [
      ['SET a 1', 'OK'],
      ['GETEX a EX 10', '1'],
      ['TTL a', 10],
      ['GETEX a', '1'],
      ['TTL a', 10],
      ['GETEX a PERSIST', '1'],
      ['TTL a', -1],
      ['GETEX a PXAT 1', '1'],
      ['GETEX a', null],
      ['GETEX b EX 10', null],
      ['GETEX b EX', '-ERR syntax error'],
    ],
    'GETRANGE counts from either end and stays inside': [
      ['SET a Hello', 'OK'],
      ['GETRANGE a 0 -1', 'Hello'],
      ['GETRANGE a 1 3', 'ell'],
      ['GETRANGE a -3 -2', 'll'],
      ['GETRANGE a -100 100', 'Hello'],
      ['GETRANGE a 3 1', ''],
      ['GETRANGE a -1 -3', ''],
      ['GETRANGE a 5 9', ''],
      ['SUBSTR a 0 0', 'H'],
      ['GETRANGE b 0 -1', ''],
      ['GETRANGE a x 1', notAnInteger],
    ],
    'STRLEN, APPEND and SETRANGE keep the rest of the object': [
      ['STRLEN a', 0],
      ['APPEND a abc', 3],
      ['EXPIRE a 10', 1],
      ['APPEND a def', 6],
      ['TTL a', 10],
      ['STRLEN a', 6],
      ['SETRANGE a 1 XY', 6],
      ['GET a', 'aXYdef'],
      ['SETRANGE a 7 !', 8],
      ['GET a', 'aXYdef\0!'],
      ["SETRANGE b 5 ''", 0],
      ['EXISTS b', 0],
      ['SETRANGE a -1 x', '-ERR offset is out of range'],
    ],
  };
  for (const [name, dialogue] of Object.entries(dialogues)) test(name, () => expectDialogue(dialogue).then(() => {}));
});

describe('counters', () => {
  test('INCR and its like count in 64 bits and refuse to overflow', async () => {
    await expectDialogue([
      ['INCR a', 1],
      ['INCRBY a 41', 42],
      ['DECR a', 41],
      ['DECRBY a 50', -9],
      ['GET a', '-9'],
      ['SET a 9223372036854775806', 'OK'],
      ['INCR a', 9223372036854775807n],
      ['INCR a', '-ERR increment or decrement would overflow'],
      ['GET a', '9223372036854775807'],
      ['DECRBY a -9223372036854775808', '-ERR decrement would overflow'],
      ['INCRBY a x', notAnInteger],
      ['SET a 1.5', 'OK'],
      ['INCR a', notAnInteger],
      ['SET a 007', 'OK'],
      ['INCR a', notAnInteger],
      ['SET a 12345678901234567890123', 'OK'],
      ['INCR a', notAnInteger],
    ]);
  });

  test('INCR keeps the expiry', async () => {
    await expectDialogue([
      ['SET a 1 EX 10', 'OK'],
      ['INCR a', 2],
      ['TTL a', 10],
    ]);
  });
});

describe('several keys', () => {
  test('MGET, MSET, DEL, EXISTS and TOUCH', async () => {
    await expectDialogue([
      ['MSET a 1 b 2 a 3', 'OK'],
      ['MGET a x b a', ['3', null, '2', '3']],
      ['MSET a 1 b', "-ERR wrong number of arguments for 'mset' command"],
      ['EXISTS a a b x', 3],
      ['TOUCH a x', 1],
      ['UNLINK a x', 1],
      ['DEL a b', 1],
      ['DBSIZE', 0],
    ]);
  });

  test('TYPE, DBSIZE and FLUSHALL', async () => {
    await expectDialogue([
      ['SET a 1', 'OK'],
      ['SET b 1', 'OK'],
      ['TYPE a', 'string'],
      ['TYPE x', 'none'],
      ['DBSIZE', 2],
      ['FLUSHALL BOGUS', '-ERR syntax error'],
      ['FLUSHALL ASYNC', 'OK'],
      ['DBSIZE', 0],
      ['SET a 1', 'OK'],
      ['FLUSHDB', 'OK'],
      ['GET a', null],
    ]);
  });
});

describe('the fast path', () => {
  test('runs SET, GET, INCR, MGET, MSET and DEL on dram at once', () => {
    const shard = new TestShard();
    for (const command of ['SET a 1', 'GET a', 'INCR a', 'MGET a b', 'MSET a 1 b 2', 'DEL a', 'SATCHEL.WAIT b 0']) {
      shard.runNow(...command.split(' '));
    }
  });

  test('an idle job opens nothing and reads nothing', async () => {
    const shard = new TestShard();
    await shard.run('GET', 'a');
    await shard.run('DEL', 'a');
    await shard.run('SCAN', '0');
    expect(shard.opened).toBe(0);
    expect(shard.clock.timers).toBe(0);
  });
});

describe('limits and rights', () => {
  test('APPEND and SETRANGE refuse to grow a value beyond the limit before they allocate it', async () => {
    const shard = new TestShard();
    expect(await shard.text('SETRANGE', 'a', limits.valueBytes, 'x')).toBe(
      `-TOOLARGE the value would have ${limits.valueBytes + 1} bytes, the limit is ${limits.valueBytes}`,
    );
    expect(await shard.text('SETRANGE', 'a', '9223372036854775807', 'x')).toMatch(/^-TOOLARGE/);
  });

  test('a token that may only write gets no value out of GETDEL, GETEX or SET GET', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', '1');
    shard.session.allow(shard.job, 'write');
    for (const command of ['GETDEL a', 'GETEX a', 'SET a 2 GET', 'GETSET a 2']) {
      expect(await shard.text(...command.split(' '))).toMatch(/^-NOPERM/);
    }
  });
});
