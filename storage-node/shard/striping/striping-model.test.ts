import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleValue } from '../../store/testing/samples.js';
import { putChunks, putStriped, testChunkBytes } from '../testing/striped.js';
import { type TestClient, TestFleet } from '../testing/test-fleet.js';

const keys = ['a', 'b{x}', 'c'];

type Step =
  | { readonly do: 'put'; readonly key: string; readonly bytes: number; readonly striped: boolean }
  | { readonly do: 'give up'; readonly key: string; readonly bytes: number }
  | { readonly do: 'delete' | 'read' | 'range' | 'many'; readonly key: string }
  | { readonly do: 'flush' };

const key = fc.constantFrom(...keys);
const bytes = fc.integer({ min: 1, max: 6 * testChunkBytes });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), key, bytes, striped: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give up' as const), key, bytes }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'read', 'range', 'many'), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);

/** Every value that was ever put, by its first bytes: whoever reads must find one of them, whole. */
class Values {
  readonly #values: Buffer[] = [];

  add(length: number): Buffer {
    const value = sampleValue(length, this.#values.length + 1);
    this.#values.push(value);
    return value;
  }

  judge(reply: unknown): void {
    if (reply === null || (typeof reply === 'string' && /^-GONE /.test(reply))) return;
    const known = this.#values.some((value) => value.toString('latin1') === reply);
    expect(known, String(reply).slice(0, 100)).toBe(true);
  }
}

async function carryOut(step: Step, client: TestClient, values: Values): Promise<void> {
  switch (step.do) {
    case 'put': {
      const value = values.add(step.bytes);
      const reply = await (step.striped ? putStriped(client, step.key, value) : client.call('SET', step.key, value));
      expect(['OK', expect.stringMatching(/^-GONE /)]).toContainEqual(reply);
      return;
    }
    case 'give up': {
      const version = await putChunks(client, step.key, sampleValue(step.bytes, 0));
      expect(await client.call('SATCHEL.STRIPEABORT', step.key, version)).toBe('OK');
      return;
    }
    case 'delete':
      await client.call('DEL', step.key);
      return;
    case 'read':
      values.judge(await client.call('GET', step.key));
      return;
    case 'range': {
      const length = Number(await client.call('STRLEN', step.key));
      const reply = await client.call('GETRANGE', step.key, 0, length);
      values.judge(reply === '' ? null : String(reply).length === length ? reply : null);
      return;
    }
    case 'many':
      for (const reply of [await client.call('MGET', ...keys)].flat()) values.judge(reply);
      return;
    case 'flush':
      await client.call('FLUSHALL');
  }
}

test('clients that replace, read and remove at the same time find whole values, and in the end nothing is left', async () => {
  const fleet = await TestFleet.start({ shards: 3 });
  const clients = await Promise.all([1, 2, 3].map((shard) => fleet.client('job', { shard })));
  const jobs = () => fleet.shards.flatMap(({ jobs: open }) => open.get('job') ?? []);
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 12 }), { minLength: 3, maxLength: 3 }), async (scripts) => {
        const values = new Values();
        await Promise.all(
          scripts.map(async (script, index) => {
            for (const one of script) await carryOut(one, clients[index] as TestClient, values);
          }),
        );
        for (const each of keys) await clients[0]?.call('DEL', each);
        const held = () =>
          jobs().map((job) => [job.usage.heldBytes, job.objectCount, job.striping.parts.chunks, job.striping.parts.size]);
        await expect.poll(held, { interval: 1 }).toEqual(jobs().map(() => [0, 0, 0, 0]));
      }),
      { numRuns: 60 },
    );
  } finally {
    fleet.close();
  }
});

test('of one client every read finds what was put last', async () => {
  const fleet = await TestFleet.start({ shards: 3 });
  const client = await fleet.client('job');
  const other = await fleet.client('job', { shard: 3 });
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key, bytes, striped: fc.boolean(), remove: fc.boolean() }), { maxLength: 10 }),
        async (puts) => {
          const model = new Map<string, string>();
          for (const [index, put] of puts.entries()) {
            const value = sampleValue(put.bytes, index);
            expect(await (put.striped ? putStriped(client, put.key, value) : client.call('SET', put.key, value))).toBe('OK');
            model.set(put.key, value.toString('latin1'));
            if (put.remove) model.delete(put.key);
            if (put.remove) expect(await other.call('DEL', put.key)).toBe(1);
            expect(await other.call('MGET', ...keys)).toEqual(keys.map((each) => model.get(each) ?? null));
            expect(await client.call('DBSIZE')).toBe(model.size);
          }
          await client.call('FLUSHALL');
        },
      ),
      { numRuns: 40 },
    );
  } finally {
    fleet.close();
  }
});
