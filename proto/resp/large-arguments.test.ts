import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, type SatchelError } from '../core/index.js';
import type { ArgumentSink, CommandArguments } from './command-arguments.js';
import { encodeCommand } from './command-encoder.js';
import { InputBudget } from './gathered-bytes.js';
import { RequestParser } from './request-parser.js';

const large = limits.streamedArgumentBytes;

/** A sink that keeps what it is given. */
class KeepingSink implements ArgumentSink {
  readonly length: number;
  aborts = 0;
  readonly #bytes: Buffer[] = [];

  constructor(length: number) {
    this.length = length;
  }

  get text(): string {
    return Buffer.concat(this.#bytes).toString('latin1');
  }

  write(source: Buffer, start: number, end: number): void {
    this.#bytes.push(Buffer.from(source.subarray(start, end)));
  }

  abort(): void {
    this.aborts++;
  }
}

/** A parser whose large values, argument 2 of commands that begin with `put`, go to sinks. */
function collector() {
  const budget = new InputBudget(limits.shardInputBytes);
  const sinks: KeepingSink[] = [];
  const commands: string[][] = [];
  const errors: SatchelError[] = [];
  const keep = (error: SatchelError) => errors.push(error) > 0;
  const argument = (args: CommandArguments, index: number) =>
    args.sink instanceof KeepingSink && args.sinkIndex === index ? args.sink.text : args.text(index);
  const parser = new RequestParser(
    {
      onCommand(args) {
        commands.push(Array.from({ length: args.count }, (_, index) => argument(args, index)));
        return true;
      },
      onLargeArgument(args, length) {
        if (args.count !== 2 || args.text(0) !== 'put') return undefined;
        expect(args.text(1)).toMatch(/^key/);
        const sink = new KeepingSink(length);
        sinks.push(sink);
        return sink;
      },
      onOversize: keep,
      onMalformed: keep,
    },
    budget,
  );
  return { parser, budget, sinks, commands, errors };
}

/** Feeds bytes in pieces from one buffer that is overwritten afterwards. */
function feed(parser: RequestParser, bytes: Buffer, cuts: readonly number[]): void {
  const shared = Buffer.alloc(bytes.length + 3);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].sort((left, right) => left - right);
  let from = 0;
  for (const to of ends) {
    bytes.copy(shared, 3, from, to);
    parser.feed(shared, 3, 3 + to - from);
    shared.fill(0x2a);
    from = to;
  }
}

test('large values reach their sink whole, wherever the input is cut, and smaller ones the command', () => {
  const value = fc.oneof(fc.constant(large), fc.integer({ min: large - 2, max: large + 300 }), fc.nat(40));
  const command = fc.record({
    name: fc.constantFrom('put', 'set'),
    key: fc.nat(1000),
    length: value,
    rest: fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
  });
  const cut = fc.oneof(fc.nat(300), fc.nat(4 * large));
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 4 }), fc.array(cut, { maxLength: 12 }), (list, cuts) => {
      const { parser, budget, sinks, commands, errors } = collector();
      const expected = list.map(({ name, key, length, rest }) => [name, `key${key}`, 'x'.repeat(length), ...rest]);
      feed(parser, Buffer.concat(expected.map((args) => encodeCommand(args))), cuts);
      expect(commands).toEqual(expected);
      expect(sinks.every((sink) => sink.text.length === sink.length && sink.aborts === 1)).toBe(true);
      expect([errors.length, budget.usedBytes, parser.midway]).toEqual([0, 0, false]);
    }),
    { numRuns: 150 },
  );
});

test('a sink that its command took over is not aborted', () => {
  let taken: CommandArguments | undefined;
  const sink = new KeepingSink(large);
  const parser: RequestParser = new RequestParser(
    {
      onCommand(args) {
        taken = args;
        parser.surrenderArguments();
        return true;
      },
      onLargeArgument: () => sink,
      onOversize: () => true,
      onMalformed: () => {},
    },
    new InputBudget(10_000),
  );
  feed(parser, encodeCommand(['put', 'key', 'x'.repeat(large)]), [100]);
  expect([taken?.sink, taken?.lengthOf(2), sink.aborts]).toEqual([sink, large, 0]);
});

test.each([
  ['the connection ends', (parser: RequestParser) => parser.end(), 0],
  ['the value is longer than announced', (parser: RequestParser) => parser.feed(Buffer.alloc(large, 'x'), 0, large), 1],
])('a value under way is given up when %s', (_title, interrupt, failures) => {
  const { parser, budget, sinks, commands, errors } = collector();
  const bytes = encodeCommand(['put', 'key', 'x'.repeat(large)]);
  parser.feed(bytes, 0, 1000);
  interrupt(parser);
  expect([sinks.length, sinks[0]?.aborts, commands.length, errors.length]).toEqual([1, 1, 0, failures]);
  expect(budget.usedBytes).toBe(0);
});

test('a value under way is given up when a later argument exceeds the value limit', () => {
  const { parser, sinks, errors } = collector();
  const bytes = encodeCommand(['put', 'key', 'x'.repeat(large)]);
  bytes.write('*4');
  feed(parser, Buffer.concat([bytes, Buffer.from(`$${limits.valueBytes + 1}\r\n`)]), [1000]);
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  for (let left = limits.valueBytes + 3; left > 0; left -= chunk.length) parser.feed(chunk, 0, Math.min(left, chunk.length));
  expect([sinks[0]?.aborts, errors.map((error) => error.code)]).toEqual([1, ['too-large']]);
});
