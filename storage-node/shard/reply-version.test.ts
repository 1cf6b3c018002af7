import { decodeReply, type Reply, ReplyBuffer, ReplyError } from '@satchel/proto/resp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendReply, endOfReply } from './reply-version.js';

type Tree = null | number | string | Buffer | { readonly error: string } | readonly Tree[] | { readonly pairs: readonly Tree[] };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.integer(),
    fc.stringMatching(/^[a-z ]{0,20}$/),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.stringMatching(/^[a-z]{0,9}$/).map((text) => ({ error: `ERR ${text}` })),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(tie('tree'), { maxLength: 3 }).map((values) => ({ pairs: values })),
  ),
}));

function write(reply: ReplyBuffer, value: Tree): void {
  if (value === null) reply.nil();
  else if (typeof value === 'number') reply.integer(value);
  else if (typeof value === 'string') reply.simple(value);
  else if (Buffer.isBuffer(value)) reply.bulk(value);
  else if ('error' in value) reply.error(value.error);
  else if ('pairs' in value) {
    reply.map(value.pairs.length);
    for (const [index, entry] of value.pairs.entries()) {
      reply.text(`key ${index}`);
      write(reply, entry);
    }
  } else {
    reply.array(value.length);
    for (const entry of value) write(reply, entry);
  }
}

function written(version: 2 | 3, values: readonly Tree[]): ReplyBuffer {
  const reply = new ReplyBuffer(32);
  reply.version = version;
  for (const value of values) write(reply, value);
  return reply;
}

test('any reply of RESP3 becomes what would have been written in RESP2', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const source = written(3, [value]);
      const output = written(2, ['before']);
      appendReply(output, source.buffer, 0, source.length);
      expect(output.bytes.equals(written(2, ['before', value]).bytes)).toBe(true);
    }),
  );
});

test('a reply of RESP3 stays as it is for RESP3', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const source = written(3, [value]);
      const output = written(3, []);
      appendReply(output, source.buffer, 0, source.length);
      expect(output.bytes.equals(source.bytes)).toBe(true);
    }),
  );
});

test('the end of a reply is found whatever follows', () => {
  fc.assert(
    fc.property(tree, tree, (value, next) => {
      expect(endOfReply(written(3, [value, next]).buffer, 0)).toBe(written(3, [value]).length);
    }),
  );
});

test('doubles, booleans and sets become text, integers and arrays', () => {
  const output = new ReplyBuffer();
  const source = Buffer.from('~3\r\n#t\r\n,1.5\r\n#f\r\n');
  appendReply(output, source, 0, source.length);
  const reply: Reply = decodeReply(output.bytes);
  expect(reply).toEqual([1, Buffer.from('1.5'), 0]);
  expect(reply).not.toBeInstanceOf(ReplyError);
});
