import { readFileSync } from 'node:fs';

const pageBytes = 4096;

/** Private and shared memory a process holds now; 0 where /proc does not tell. */
export function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  } catch {
    return 0;
  }
}
