import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StringModel } from '../testing/string-model.js';
import { TestShard } from '../testing/test-shard.js';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const text = fc.oneof(
  fc.constantFrom('', '7', '-12', 'Hello'),
  fc.nat(600).map((length) => 'x'.repeat(length)),
);
const position = fc.integer({ min: -8, max: 8 }).map(String);
const ms = fc.integer({ min: 1, max: 3000 }).map(String);
const of = (name: string, ...parts: fc.Arbitrary<string>[]) => fc.tuple(fc.constant(name), ...parts);

const step = fc.oneof(
  of('GET', key),
  of('SET', key, text),
  of('SET', key, text, fc.constantFrom('NX', 'XX')),
  of('SET', key, text, ms),
  of('GETDEL', key),
  of('DEL', key),
  of('EXISTS', key),
  of('STRLEN', key),
  of('APPEND', key, text),
  of('INCRBY', key, position),
  of('GETRANGE', key, position, position),
  of('PEXPIRE', key, ms),
  of('PERSIST', key),
  of('PTTL', key),
  of('advance', ms),
);

/** SET's third part in the model is milliseconds or a condition. */
function asCommand(line: readonly string[]): string[] {
  const [name, ...rest] = line;
  return name === 'SET' && /^\d+$/.test(rest[2] ?? '') ? ['SET', rest[0] ?? '', rest[1] ?? '', 'PX', rest[2] ?? ''] : [...line];
}

describe('any sequence of string commands', () => {
  test('is answered as Redis would, over three tiers, one after the other, and the accounts agree after each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const shard = new TestShard({ dramBytes: 400, ssdBytes: 500 });
        const model = new StringModel();
        for (const line of steps) {
          if (line[0] === 'advance') {
            shard.clock.advance(Number(line[1]));
            continue;
          }
          expect([line, await shard.text(...asCommand(line))]).toEqual([line, model.run(line, shard.clock.nowMs)]);
          shard.check();
        }
        const [, keys] = (await shard.text('SCAN', 0, 'COUNT', 100)) as [string, string[]];
        expect(keys.sort()).toEqual(model.keys(shard.clock.nowMs));
        expect(await shard.text('SATCHEL.COUNT', '')).toBe(keys.length);
        expect(await shard.text('FLUSHALL')).toBe('OK');
        shard.check();
      }),
      { numRuns: 150 },
    );
  });

  test('is answered in the same order when all are sent at once', async () => {
    const timeless = step.filter(([name]) => name !== 'advance');
    await fc.assert(
      fc.asyncProperty(fc.array(timeless, { maxLength: 60 }), async (steps) => {
        const shard = new TestShard({ dramBytes: 400, ssdBytes: 500 });
        const model = new StringModel();
        const expected = steps.map((line) => model.run(line, shard.clock.nowMs));
        const replies = await Promise.all(steps.map((line) => shard.text(...asCommand(line))));
        expect(replies).toEqual(expected);
        shard.check();
      }),
      { numRuns: 150 },
    );
  });

  test('leaves the accounts right when tiers are full and devices fail', async () => {
    const failing = fc.oneof(step, fc.constantFrom(['fail'], ['mend'], ['TIER']));
    await fc.assert(
      fc.asyncProperty(fc.array(failing, { maxLength: 60 }), fc.boolean(), async (steps, slow) => {
        const shard = new TestShard({ dramBytes: 400, ssdBytes: 500, quotaBytes: 2000 });
        shard.grant.slow = slow;
        const pending: Promise<unknown>[] = [];
        for (const line of steps) {
          if (line[0] === 'fail') shard.object.failure = new Error('no device');
          else if (line[0] === 'mend') shard.object.failure = undefined;
          else if (line[0] === 'advance') shard.clock.advance(Number(line[1]));
          else if (line[0] === 'TIER') pending.push(shard.run('SATCHEL.PUT', 'a', 'xx', 'TIER', 'object', 'READS', 2));
          else pending.push(shard.run(...asCommand(line)));
        }
        await Promise.all(pending);
        shard.check();
        await shard.run('FLUSHALL');
        expect(shard.grant.reservedBytes).toBe(0);
        shard.check();
      }),
      { numRuns: 150 },
    );
  });
});
