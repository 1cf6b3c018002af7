import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DiskReserve, pageBytes } from './disk-reserve.js';

test('blocks are there before they are needed, and what is in use stays as it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-reserve-'));
  const path = join(folder, 'file');
  try {
    writeFileSync(path, Buffer.alloc(3 * pageBytes, 1));
    let used = 3;
    const reserve = new DiskReserve(path, () => ({ used, live: used }));
    for (let round = 0; round < 50; round++) {
      expect(reserve.hasRoomFor(64, 64 * 1024)).toBe(true);
      reserve.take(64, 64 * 1024);
      used += 64 * 3;
      expect(statSync(path).size).toBeGreaterThanOrEqual(used * pageBytes);
      expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(used * pageBytes);
    }
    expect(statSync(path).size).toBeLessThan(1.3 * used * pageBytes);
    expect(readFileSync(path).subarray(0, 3 * pageBytes)).toEqual(Buffer.alloc(3 * pageBytes, 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a full disk is an error', () => {
  expect(() => new DiskReserve('/dev/full', () => ({ used: 2, live: 2 })).take(1, 0)).toThrow('ENOSPC');
});

test('on a full disk free pages are used again, if there are plenty', () => {
  const reserve = new DiskReserve('/dev/full', () => ({ used: 1000, live: 100 }));
  reserve.take(10, 10_000);
  expect(() => reserve.take(1000, 10_000)).toThrow('ENOSPC');
  expect(() => reserve.take(10, 100_000)).toThrow('ENOSPC');
});
