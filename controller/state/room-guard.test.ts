import { expect, it } from 'vitest';
import { RoomGuard, reserveBytes } from './room-guard.js';

/** A guard of a disk whose free bytes and time the test sets. */
function guardOf(disk: { freeBytes: number; nowMs: number; looks: number }): RoomGuard {
  const freeBytes = () => {
    disk.looks++;
    return disk.freeBytes;
  };
  return new RoomGuard('/state', freeBytes, () => disk.nowMs);
}

it('refuses commits while less than the reserve is free, and lets them through as soon as there is room', () => {
  const disk = { freeBytes: reserveBytes, nowMs: 0, looks: 0 };
  const guard = guardOf(disk);
  guard.check();
  disk.freeBytes = reserveBytes - 1;
  disk.nowMs = 1000;
  const full = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('disk of /state is full') });
  expect(() => guard.check()).toThrow(full);
  expect(() => guard.check()).toThrow(full);
  disk.freeBytes = reserveBytes;
  guard.check();
});

it('looks at the disk again after a time and after a number of commits', () => {
  const disk = { freeBytes: 2 * reserveBytes, nowMs: 0, looks: 0 };
  const guard = guardOf(disk);
  for (let commit = 0; commit < 200; commit++) guard.check();
  expect(disk.looks).toBe(1);
  guard.check();
  expect(disk.looks).toBe(2);
  disk.nowMs = 101;
  guard.check();
  expect(disk.looks).toBe(3);
});
