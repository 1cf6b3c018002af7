import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, type SatchelError } from '../core/index.js';
import { encodeCommand } from './command-encoder.js';
import { InputBudget } from './gathered-bytes.js';
import { RequestParser } from './request-parser.js';

/** A parser whose commands are collected as latin1 text. */
function collector(budget = new InputBudget(limits.shardInputBytes), pauseAt = new Set<number>()) {
  const commands: string[][] = [];
  const oversize: SatchelError[] = [];
  const malformed: SatchelError[] = [];
  const parser = new RequestParser(
    {
      onCommand(args) {
        commands.push(Array.from({ length: args.count }, (_, index) => args.bytes(index).toString('latin1')));
        return !pauseAt.has(commands.length);
      },
      onOversize: (error) => oversize.push(error) > 0,
      onMalformed: (error) => malformed.push(error),
    },
    budget,
  );
  return { parser, commands, oversize, malformed, budget };
}

/** Feeds each piece from one buffer that is overwritten afterwards, as a socket does. */
function feed(parser: RequestParser, pieces: readonly Uint8Array[]): void {
  const shared = Buffer.alloc(Math.max(0, ...pieces.map((piece) => piece.length)) + 8);
  for (const piece of pieces) {
    shared.set(piece, 3);
    parser.feed(shared, 3, 3 + piece.length);
    shared.fill(0x2a);
  }
}

/** Cuts bytes at the given fractions. */
function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const at = [...new Set(fractions.map((fraction) => Math.floor(fraction * bytes.length)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const argument = fc.uint8Array({ maxLength: 60 });
const command = fc.array(argument, { minLength: 1, maxLength: 9 });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('any list of commands, split anywhere, parses to the same list', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 12 }), fc.array(fraction, { maxLength: 40 }), (list, fractions) => {
      const { parser, commands, malformed, budget } = collector();
      feed(parser, cut(Buffer.concat(list.map((args) => encodeCommand(args))), fractions));
      expect(malformed).toEqual([]);
      expect(commands).toEqual(list.map((args) => args.map((bytes) => Buffer.from(bytes).toString('latin1'))));
      expect(budget.usedBytes).toBe(0);
      expect(parser.midway).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('pauses at any command lose nothing and keep the order', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 12 }),
      fc.array(fraction, { maxLength: 10 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
      (list, fractions, pauses) => {
        const { parser, commands } = collector(undefined, new Set(pauses));
        feed(parser, cut(Buffer.concat(list.map((args) => encodeCommand(args))), fractions));
        while (parser.paused) parser.resume();
        expect(commands).toEqual(list.map((args) => args.map((bytes) => Buffer.from(bytes).toString('latin1'))));
      },
    ),
  );
});

test('every split of a command in two parses', () => {
  const bytes = Buffer.concat([
    encodeCommand(['SET', 'key', 'x'.repeat(30)]),
    Buffer.from('PING a\r\n'),
    encodeCommand(['GET', 'k']),
  ]);
  for (let at = 0; at <= bytes.length; at++) {
    const { parser, commands } = collector();
    feed(parser, [bytes.subarray(0, at), bytes.subarray(at)]);
    expect(commands).toEqual([
      ['SET', 'key', 'x'.repeat(30)],
      ['PING', 'a'],
      ['GET', 'k'],
    ]);
  }
});

test('inline commands are split at blanks, empty lines are ignored', () => {
  const { parser, commands } = collector();
  feed(parser, [Buffer.from('\r\nPING\r\n  SET  a\tb \nQUIT\r\n')]);
  expect(commands).toEqual([['PING'], ['SET', 'a', 'b'], ['QUIT']]);
});

test.each([
  ['SET q "a b"', ['SET', 'q', 'a b']],
  [`SET 'it\\'s \\n' ""`, ['SET', "it's \\n", '']],
  ['SET pre"a b" "\\x41\\n\\"\\q\\\\"', ['SET', 'prea b', 'A\n"q\\']],
  ['SET "\\xzz" x', ['SET', 'xzz', 'x']],
])('inline words may be quoted: %s', (line, expected) => {
  const { parser, commands } = collector();
  feed(parser, [Buffer.from(`${line}\r\nPING\r\n`)]);
  expect(commands).toEqual([expected, ['PING']]);
});

test.each(['SET "a', "SET 'a", 'SET "a"b', 'SET "a\\"', "SET '"])('unbalanced quotes are refused: %s', (line) => {
  const { parser, commands, malformed } = collector();
  feed(parser, [Buffer.from(`${line}\nPING\n`)]);
  expect(commands).toEqual([]);
  expect(malformed[0]?.toRespLine()).toBe('ERR Protocol error: unbalanced quotes in request');
});

test('a large value in small pieces is gathered with memory in proportion to what arrived', () => {
  const { parser, commands, budget } = collector();
  const value = Buffer.alloc(3 * 1024 * 1024, 'v');
  const bytes = encodeCommand(['SET', 'key', value]);
  let sent = 0;
  for (let at = 0; at < bytes.length; at += 10_000) {
    const to = Math.min(bytes.length, at + 10_000);
    parser.feed(bytes, at, to);
    sent = to;
    expect(budget.usedBytes).toBeLessThanOrEqual(2 * sent + 4096);
  }
  expect(commands.map((args) => args[2]?.length)).toEqual([value.length]);
  expect(budget.usedBytes).toBe(0);
});

test('a value of 2^40 bytes is refused as it is announced', () => {
  const { parser, malformed, budget } = collector();
  feed(parser, [Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1099511627776\r\n')]);
  expect(malformed.map((error) => error.toRespLine())).toEqual([
    'TOOLARGE Protocol error: invalid bulk length 1099511627776, the limit is 536870912 (512 MiB)',
  ]);
  expect(budget.usedBytes).toBe(0);
  feed(parser, [encodeCommand(['PING'])]);
  expect(malformed.length).toBe(1);
});

test('a value above the limit is read over, refused, and the connection goes on', () => {
  const { parser, commands, oversize } = collector();
  const announced = limits.valueBytes + 1;
  const head = Buffer.from(`*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$${announced}\r\nabc`);
  feed(parser, [head.subarray(0, 10), head.subarray(10)]);
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  for (let left = announced - 3; left > 0; left -= chunk.length) parser.feed(chunk, 0, Math.min(left, chunk.length));
  feed(parser, [Buffer.from('\r\n$2\r\nEX\r\n$1'), Buffer.from('\r\n5\r\n*1\r\n$4\r\nPING\r\n')]);
  expect(oversize.map((error) => error.code)).toEqual(['too-large']);
  expect(commands).toEqual([['PING']]);
});

test('more arguments than the limit are refused', () => {
  const { parser, malformed } = collector();
  feed(parser, [Buffer.from(`*${limits.commandArguments + 1}\r\n`)]);
  expect(malformed[0]?.code).toBe('too-large');
});

test('an inline command longer than the limit is refused, whole or in pieces', () => {
  const line = Buffer.alloc(limits.inlineBytes + 1, 'x');
  const whole = collector();
  feed(whole.parser, [line]);
  expect(whole.malformed[0]?.toRespLine()).toContain('too big inline request');
  const pieces = collector();
  for (let at = 0; at < line.length; at += 1000) pieces.parser.feed(line, at, Math.min(line.length, at + 1000));
  expect(pieces.malformed.length).toBe(1);
});

test('before authentication little is taken, in one argument or in many', () => {
  const large = collector();
  large.parser.inputLimitBytes = limits.unauthenticatedInputBytes;
  feed(large.parser, [Buffer.from('*2\r\n$4\r\nAUTH\r\n$20000\r\n')]);
  expect(large.malformed[0]?.code).toBe('unauthenticated');
  const many = collector();
  many.parser.inputLimitBytes = limits.unauthenticatedInputBytes;
  feed(many.parser, [Buffer.from(`*5000\r\n${'$4\r\nabcd\r\n'.repeat(2000)}`)]);
  expect(many.malformed[0]?.code).toBe('unauthenticated');
  const fits = collector();
  fits.parser.inputLimitBytes = limits.unauthenticatedInputBytes;
  feed(fits.parser, [encodeCommand(['AUTH', 'job', 't'.repeat(8000)])]);
  expect(fits.commands.length).toBe(1);
});

test('the connections of a shard share one budget of input', () => {
  const budget = new InputBudget(10_000);
  const first = collector(budget);
  const second = collector(budget);
  feed(first.parser, [encodeCommand(['SET', 'k', 'x'.repeat(20_000)]).subarray(0, 8000)]);
  expect(first.malformed).toEqual([]);
  feed(second.parser, [encodeCommand(['SET', 'k', 'x'.repeat(20_000)]).subarray(0, 8000)]);
  expect(second.malformed[0]?.code).toBe('too-large');
  first.parser.end();
  expect(budget.usedBytes).toBe(0);
});

test.each([
  ['*x\r\n', 'invalid number of arguments'],
  ['*2\r\n+OK\r\n', "expected '$', got '+'"],
  ['*1\r\n$-1\r\n', 'invalid bulk length'],
  ['*1\r\n$\r\n', 'invalid bulk length'],
  ['*1\r\n$2\r\nPINGPONG\r\n', 'longer than announced'],
  ['*1\r\n$4\nPING\r\n', 'invalid bulk length'],
])('%j is refused as a protocol error', (text, message) => {
  const { parser, malformed } = collector();
  feed(parser, [Buffer.from(text)]);
  expect(malformed[0]?.message).toContain(message);
});

test('a command of no arguments is ignored', () => {
  const { parser, commands } = collector();
  feed(parser, [Buffer.from('*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n')]);
  expect(commands).toEqual([['PING']]);
});

test('arguments moved to bytes of their own outlive the input', () => {
  let kept: string[] = [];
  let read = () => kept;
  const parser = new RequestParser(
    {
      onCommand(args) {
        args.own();
        read = () => Array.from({ length: args.count }, (_, index) => args.text(index));
        return false;
      },
      onOversize: () => true,
      onMalformed: () => {},
    },
    new InputBudget(1000),
  );
  feed(parser, [Buffer.from('GET one\r\nGET two\r\n')]);
  kept = read();
  expect(kept).toEqual(['GET', 'one']);
});
