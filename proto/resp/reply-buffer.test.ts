import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplyBuffer } from './reply-buffer.js';
import { decodeReply } from './reply-parser.js';

function written(write: (reply: ReplyBuffer) => void, version: 2 | 3 = 2, initialBytes = 16): string {
  const reply = new ReplyBuffer(initialBytes);
  reply.version = version;
  write(reply);
  return reply.bytes.toString();
}

test('each type is written as RESP2 has it', () => {
  expect(
    written((reply) => {
      reply.ok();
      reply.simple('PONG');
      reply.error('ERR no');
      reply.nil();
      reply.text('né');
      reply.map(1);
      reply.push(2);
    }),
  ).toBe('+OK\r\n+PONG\r\n-ERR no\r\n$-1\r\n$3\r\nné\r\n*2\r\n*2\r\n');
});

test('each type is written as RESP3 has it', () => {
  expect(
    written((reply) => {
      reply.nil();
      reply.map(1);
      reply.push(2);
    }, 3),
  ).toBe('_\r\n%1\r\n>2\r\n');
});

test('any integer is written in decimal', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -20, max: 120 })), (value) => {
      expect(written((reply) => reply.integer(value))).toBe(`:${value === 0 ? 0 : value}\r\n`);
    }),
  );
});

test('bulk strings of any length and part keep their bytes while the buffer grows', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), fc.nat(40), (values, from) => {
      const reply = new ReplyBuffer(16);
      reply.array(values.length);
      for (const value of values) reply.bulk(value, Math.min(from, value.length), value.length);
      const decoded = decodeReply(reply.bytes);
      expect(decoded).toEqual(values.map((value) => Buffer.from(value.subarray(Math.min(from, value.length)))));
    }),
  );
});

test('room for a bulk string can be filled later', () => {
  const reply = new ReplyBuffer(8);
  const at = reply.reserveBulk(3);
  reply.buffer.write('abc', at);
  reply.integer(7);
  expect(reply.bytes.toString()).toBe('$3\r\nabc\r\n:7\r\n');
});

test('detached bytes stay as they are, cleared memory is used again', () => {
  const reply = new ReplyBuffer();
  reply.simple('one');
  const detached = reply.detach();
  reply.simple('two');
  expect(detached.toString()).toBe('+one\r\n');
  const memory = reply.buffer;
  reply.clear();
  reply.simple('three');
  expect(reply.buffer).toBe(memory);
  expect(reply.bytes.toString()).toBe('+three\r\n');
});
