import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GateMode, KeyGate } from './key-gate.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function entering(gate: KeyGate) {
  const entered: string[] = [];
  const enter = (name: string, hash: number, mode: GateMode) => void gate.enter(hash, mode).then(() => entered.push(name));
  return { entered, enter };
}

describe('a key gate', () => {
  test('lets readers in together and writers alone, first come first served', async () => {
    const gate = new KeyGate();
    const { entered, enter } = entering(gate);
    enter('r1', 1, 'read');
    enter('r2', 1, 'read');
    enter('w1', 1, 'write');
    enter('r3', 1, 'read');
    enter('r4', 1, 'read');
    enter('other', 2, 'write');
    await turn();
    expect(entered).toEqual(['r1', 'r2', 'other']);
    gate.leave(1, 'read');
    gate.leave(1, 'read');
    await turn();
    expect(entered).toEqual(['r1', 'r2', 'other', 'w1']);
    gate.leave(1, 'write');
    await turn();
    expect(entered.slice(4)).toEqual(['r3', 'r4']);
    gate.leave(1, 'read');
    gate.leave(1, 'read');
    gate.leave(2, 'write');
    expect(gate.size).toBe(0);
  });

  test('closes once all have left, and keeps newcomers out until it opens', async () => {
    const gate = new KeyGate();
    const { entered, enter } = entering(gate);
    enter('before', 1, 'write');
    enter('queued', 1, 'write');
    void gate.closeAll().then(() => entered.push('closed'));
    void gate.closeAll().then(() => entered.push('closed again'));
    enter('after', 1, 'write');
    expect(gate.blocks(2, 'read')).toBe(true);
    for (const expected of ['before', 'queued']) {
      await turn();
      expect(entered.at(-1)).toBe(expected);
      gate.leave(1, 'write');
    }
    await turn();
    expect(entered).toEqual(['before', 'queued', 'closed']);
    gate.openAll();
    await turn();
    expect(entered.slice(3)).toEqual(['closed again']);
    gate.openAll();
    await turn();
    expect(entered.slice(4)).toEqual(['after']);
    gate.leave(1, 'write');
    expect(gate.size).toBe(0);
  });

  test('lets in everybody in the end, however many keys each wants', async () => {
    const wish = fc.oneof(
      fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 4 }),
      fc.nat(4).map((hash) => hash),
      fc.constant('all' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(wish, fc.boolean()), { maxLength: 40 }), async (wishes) => {
        const gate = new KeyGate();
        const holders = new Map<number, number>();
        const hold = async (hashes: readonly number[], leave: () => void) => {
          for (const hash of hashes) {
            expect(holders.get(hash) ?? 0).toBe(0);
            holders.set(hash, 1);
          }
          await new Promise(setImmediate);
          for (const hash of hashes) holders.set(hash, 0);
          leave();
        };
        const all = wishes.map(async ([wanted, later]) => {
          if (later) await new Promise(setImmediate);
          if (wanted === 'all') {
            await gate.closeAll();
            await hold([0, 1, 2, 3, 4], () => gate.openAll());
          } else if (typeof wanted === 'number') {
            await gate.enter(wanted, 'write');
            await hold([wanted], () => gate.leave(wanted, 'write'));
          } else {
            await gate.enterAll(wanted);
            await hold(wanted, () => {
              for (const hash of wanted) gate.leave(hash, 'write');
            });
          }
        });
        await Promise.all(all);
        expect(gate.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('blocks nobody when nothing is held', () => {
    const gate = new KeyGate();
    expect(gate.size).toBe(0);
    expect(gate.blocks(1, 'write')).toBe(false);
    gate.take(1, 'read');
    expect([gate.blocks(1, 'read'), gate.blocks(1, 'write')]).toEqual([false, true]);
  });
});
