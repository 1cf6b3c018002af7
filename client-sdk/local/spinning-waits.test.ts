import { expect, test } from 'vitest';
import { type SpinningWait, SpinningWaits } from './spinning-waits.js';

class Wait implements SpinningWait {
  settled = false;
  value: string | undefined;
  found(value: Buffer): void {
    this.settled = true;
    this.value = value.toString();
  }
}

class Slot {
  held = 0;
  taken = 0;
  free = true;
  take(): boolean {
    if (!this.free) return false;
    this.held = 1;
    this.taken++;
    return true;
  }
  release(): void {
    this.held = 0;
  }
  close(): void {
    this.held = 0;
  }
}

const rounds = async (count: number): Promise<void> => {
  for (let round = 0; round < count; round++) await new Promise(setImmediate);
};

test('a wait ends when its object is seen in memory, and then nothing spins', async () => {
  const memory = new Map<string, Buffer>();
  const slot = new Slot();
  const waits = new SpinningWaits((key) => memory.get(String(key)), slot, 60_000);
  const [first, second] = [new Wait(), new Wait()];
  waits.add('a', first);
  waits.add('b', second);
  await rounds(2);
  expect([first.settled, slot.held]).toEqual([false, 1]);
  memory.set('a', Buffer.from('found'));
  await rounds(2);
  expect([first.value, second.settled, slot.held]).toEqual(['found', false, 1]);
  memory.set('b', Buffer.from('too'));
  await rounds(2);
  expect([second.value, slot.held]).toEqual(['too', 0]);
});

test('a wait that ended otherwise, or took too long, is left alone', async () => {
  const slot = new Slot();
  let looks = 0;
  const look = (): undefined => {
    looks++;
  };
  const told = new Wait();
  const waits = new SpinningWaits(look, slot, 60_000);
  waits.add('a', told);
  told.settled = true;
  await rounds(2);
  expect([looks, slot.held]).toEqual([0, 0]);
  new SpinningWaits(look, slot, 0).add('a', new Wait());
  await rounds(2);
  const before = looks;
  await rounds(2);
  expect([looks, slot.held]).toEqual([before, 0]);
});

test('waits are left to the shard when the slot is lost', async () => {
  const slot = new Slot();
  let looks = 0;
  const waits = new SpinningWaits(() => void looks++, slot, 60_000);
  const wait = new Wait();
  waits.add('a', wait);
  await rounds(1);
  slot.free = false;
  await rounds(1);
  const before = looks;
  await rounds(2);
  expect([looks, slot.held]).toEqual([before, 0]);
});

test('without a slot nothing spins, and no more than a few waits are looked after', async () => {
  const slot = new Slot();
  const seen = new Set<string>();
  const waits = new SpinningWaits((key) => void seen.add(String(key)), slot, 60_000);
  slot.free = false;
  waits.add('refused', new Wait());
  slot.free = true;
  const all = Array.from({ length: 65 }, () => new Wait());
  for (const [index, wait] of all.entries()) waits.add(`key-${index}`, wait);
  await rounds(1);
  expect([seen.size, seen.has('refused')]).toEqual([64, false]);
  for (const wait of all) wait.settled = true;
  await rounds(2);
  expect(slot.held).toBe(0);
});
