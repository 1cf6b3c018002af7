import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, SatchelError } from '../core/index.js';
import { CommandEncoder, encodeCommand } from './command-encoder.js';
import { type Reply, ReplyError } from './reply.js';
import { ReplyFramer } from './reply-framer.js';
import { decodeReply, ReplyParser } from './reply-parser.js';

/** A reply with its encoding, written independently of the product's writer. */
interface Sample {
  readonly value: Reply;
  readonly bytes: Buffer;
}

const sample = (value: Reply, ...parts: (string | Buffer)[]): Sample => ({
  value,
  bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string))),
});
const lineText = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replaceAll(/[\r\n]/g, '_'));
const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
const scalar: fc.Arbitrary<Sample> = fc.oneof(
  lineText.map((text) => sample(text, `+${text}\r\n`)),
  lineText.map((text) => sample(new ReplyError(text), `-${text}\r\n`)),
  fc.maxSafeInteger().map((number) => sample(number === 0 ? 0 : number, `:${number}\r\n`)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((number) => sample(number, `:${number}\r\n`)),
  bytes.map((value) => sample(value, `$${value.length}\r\n`, value, '\r\n')),
  fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n').map((text) => sample(null, text)),
  fc.boolean().map((value) => sample(value, `#${value ? 't' : 'f'}\r\n`)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => sample(value + 0, `,${value}\r\n`)),
  fc.constantFrom(sample(Infinity, ',inf\r\n'), sample(-Infinity, ',-inf\r\n'), sample(Number.NaN, ',nan\r\n')),
  lineText.map((text) => sample(text, `=${Buffer.byteLength(text) + 4}\r\ntxt:${text}\r\n`)),
  lineText.map((text) => sample(new ReplyError(text), `!${Buffer.byteLength(text)}\r\n${text}\r\n`)),
);
const { reply } = fc.letrec<{ reply: Sample }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: scalar },
    fc.array(tie('reply'), { maxLength: 5 }).map((items) =>
      sample(
        items.map((item) => item.value),
        `*${items.length}\r\n`,
        ...items.map((item) => item.bytes),
      ),
    ),
    fc
      .uniqueArray(fc.tuple(lineText, tie('reply')), { maxLength: 4, selector: ([key]) => key })
      .map((pairs) =>
        sample(
          new Map(pairs.map(([key, item]) => [key, item.value])),
          `%${pairs.length}\r\n`,
          ...pairs.flatMap(([key, item]) => [`$${Buffer.byteLength(key)}\r\n${key}\r\n`, item.bytes]),
        ),
      ),
    tie('reply').map((item) => sample(new Set([item.value]), '~1\r\n', item.bytes)),
    tie('reply').map((item) => sample(item.value, '|1\r\n+ttl\r\n:3600\r\n', item.bytes)),
  ),
}));
const stream = fc.array(fc.record({ sample: reply, push: fc.boolean() }), { minLength: 1, maxLength: 8 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function encodeStream(items: readonly { sample: Sample; push: boolean }[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => (item.push ? [Buffer.from('>2\r\n+kind\r\n'), item.sample.bytes] : [item.sample.bytes])),
  );
}

/** Feeds the stream cut at the given places, from one buffer that is overwritten after each piece. */
function feedInPieces(
  stream: Buffer,
  places: readonly number[],
  feed: (buffer: Buffer, start: number, end: number) => void,
): void {
  const sorted = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  const reused = Buffer.alloc(stream.length + 7);
  for (const [index, from] of [0, ...sorted].entries()) {
    const piece = stream.subarray(from, sorted[index] ?? stream.length);
    reused.fill(0xff);
    piece.copy(reused, 7);
    feed(reused, 7, 7 + piece.length);
  }
}

function parsed(stream: Buffer, places: readonly number[]): unknown[] {
  const seen: unknown[] = [];
  const parser = new ReplyParser({ onReply: (value) => seen.push(value), onPush: (message) => seen.push({ push: message }) });
  feedInPieces(stream, places, (buffer, start, end) => parser.feed(buffer, start, end));
  expect(parser.atBoundary).toBe(true);
  return seen;
}

test('a stream of replies and pushes is decoded the same wherever it is cut', () => {
  fc.assert(
    fc.property(stream, cuts, (items, places) => {
      const wanted = items.map((item) => (item.push ? { push: ['kind', item.sample.value] } : item.sample.value));
      expect(parsed(encodeStream(items), places)).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});

test('the rest of a large string may be read straight into its place, in pieces of any size', () => {
  const item = fc.oneof(
    { weight: 2, arbitrary: fc.record({ sample: reply, push: fc.boolean() }) },
    fc.record({
      sample: fc.integer({ min: 16_000, max: 40_000 }).map((length) => {
        const value = Buffer.alloc(length, `${length}`);
        return sample([value], `*1\r\n$${length}\r\n`, value, '\r\n');
      }),
      push: fc.boolean(),
    }),
  );
  let placed = 0;
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 200, max: 50_000 })),
      (items, pieces) => {
        const encoded = encodeStream(items);
        const seen: unknown[] = [];
        const parser = new ReplyParser({ onReply: (value) => seen.push(value), onPush: (push) => seen.push({ push }) });
        const reused = Buffer.alloc(64 * 1024);
        for (let at = 0, turn = 0; at < encoded.length; turn++) {
          const place = parser.target;
          const into = place ?? reused;
          const taken = encoded.copy(into, 0, at, at + Math.min(into.length, pieces[turn % pieces.length] ?? into.length));
          if (place === undefined) parser.feed(into, 0, taken);
          else parser.received(taken);
          if (place !== undefined) placed += taken;
          reused.fill(0xff);
          at += taken;
        }
        expect(parser.atBoundary).toBe(true);
        expect(
          isDeepStrictEqual(
            seen,
            items.map((one) => (one.push ? { push: ['kind', one.sample.value] } : one.sample.value)),
          ),
        ).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
  expect(placed).toBeGreaterThan(100_000);
});

test('a stream that arrives byte by byte is decoded', () => {
  fc.assert(
    fc.property(stream, (items) => {
      const encoded = encodeStream(items);
      expect(parsed(encoded, [...encoded.keys()])).toEqual(parsed(encoded, []));
    }),
    { numRuns: 20 },
  );
});

test('the framer hands over each reply byte for byte wherever the stream is cut, and tells pushes apart', () => {
  fc.assert(
    fc.property(stream, cuts, (items, places) => {
      const seen: { push: boolean; bytes: Buffer }[] = [];
      const keep = (push: boolean) => (buffer: Buffer, start: number, end: number) =>
        seen.push({ push, bytes: Buffer.from(buffer.subarray(start, end)) });
      const framer = new ReplyFramer({ onFrame: keep(false), onPushFrame: keep(true) });
      feedInPieces(encodeStream(items), places, (buffer, start, end) => framer.feed(buffer, start, end));
      expect(seen).toEqual(items.map((item) => ({ push: item.push, bytes: encodeStream([item]) })));
      for (const [index, item] of items.entries()) {
        if (!item.push) expect(decodeReply(seen[index]?.bytes ?? Buffer.alloc(0))).toEqual(item.sample.value);
      }
    }),
    { numRuns: 500 },
  );
});

test('a command is decoded to the bytes of its arguments', () => {
  const argument = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: 'binary' }),
    bytes,
    fc.maxSafeInteger(),
  );
  fc.assert(
    fc.property(fc.array(fc.array(argument, { minLength: 1, maxLength: 8 }), { maxLength: 6 }), (commands) => {
      const encoder = new CommandEncoder(16);
      for (const command of commands) encoder.command(command);
      const wanted = commands.map((command) =>
        command.map((item) => Buffer.from(typeof item === 'number' ? String(item) : (item as string))),
      );
      expect(parsed(encoder.take(), [])).toEqual(wanted);
      expect(commands.map((command) => decodeReply(encodeCommand(command)))).toEqual(wanted);
      expect(encoder.length).toBe(0);
    }),
  );
});

test('bytes sent apart from their header make the same command', () => {
  const encoder = new CommandEncoder();
  encoder.header(2);
  encoder.text('GET');
  encoder.bytesAfterThis(3);
  encoder.raw(Buffer.from('abc'));
  encoder.afterBytes();
  expect(encoder.take()).toEqual(encodeCommand(['GET', 'abc']));
});

test('a buffer that grew large is given up when cleared', () => {
  const encoder = new CommandEncoder();
  encoder.command(['SET', 'k', Buffer.alloc(limits.keptBufferBytes)]);
  encoder.clear();
  expect(encoder.buffer.length).toBe(limits.keptBufferBytes);
});

test('a large string in many pieces is gathered once', () => {
  const value = Buffer.alloc(8 * 1024 * 1024, 'satchel');
  const encoded = Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]);
  const places = Array.from({ length: 2048 }, (_, index) => index * 4096);
  const [got] = parsed(encoded, places);
  expect(value.equals(got as Buffer)).toBe(true);
});

test('what exceeds a limit is refused with a clear error', () => {
  const refused = (text: string): SatchelError => {
    for (const reader of [
      new ReplyParser({ onReply: () => {}, onPush: () => {} }),
      new ReplyFramer({ onFrame: () => {}, onPushFrame: () => {} }),
    ]) {
      expect(() => reader.feed(Buffer.from(text), 0, text.length)).toThrow(SatchelError);
    }
    try {
      return decodeReply(Buffer.from(text)) as never;
    } catch (error) {
      return error as SatchelError;
    }
  };
  expect(refused(`$${2 ** 40}\r\n`)).toMatchObject({ code: 'too-large', message: expect.stringContaining(String(2 ** 40)) });
  expect(refused(`*${2 ** 31}\r\n`)).toMatchObject({ code: 'too-large' });
  expect(refused(`+${'x'.repeat(limits.inlineBytes + 1)}`)).toMatchObject({ code: 'internal' });
  expect(refused('HTTP/1.1 400 Bad Request\r\n')).toMatchObject({ code: 'internal' });
  expect(refused('$3x\r\nabc\r\n')).toMatchObject({ code: 'internal' });
  expect(refused('+OK\n')).toMatchObject({ code: 'internal' });
  expect(refused('*1\r\n>1\r\n+x\r\n')).toMatchObject({ code: 'internal' });
});

test('aggregates nested too deep are refused', () => {
  expect(() => decodeReply(Buffer.from('*1\r\n'.repeat(limits.replyDepth + 1)))).toThrow(/nested/);
});

test('a stopped parser calls nothing back, not even for the input it was in', () => {
  const seen: Reply[] = [];
  const parser: ReplyParser = new ReplyParser({
    onReply: (value) => {
      seen.push(value);
      parser.stop();
    },
    onPush: () => {},
  });
  parser.feed(Buffer.from('+one\r\n+two\r\n'), 0, 12);
  expect(seen).toEqual(['one']);
});
