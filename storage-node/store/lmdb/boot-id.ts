import { readFileSync } from 'node:fs';

/** Names the current run of the machine. Where the system has no such name it is constant: data is then never taken for stale. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
