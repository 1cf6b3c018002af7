import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Bytes of memory this process may use: the cgroup's limit if there is one, else the machine's memory. */
export function memoryLimitBytes(read: (path: string) => string | undefined = readIfThere): number {
  const limits = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
    .map((path) => Number(read(path)?.trim()))
    .filter((bytes) => Number.isSafeInteger(bytes) && bytes > 0);
  return Math.min(totalmem(), ...limits);
}

/** Differs after each boot of the machine; empty where the system does not tell. */
export function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** A process beyond its reusable id: the same pid with another start is another process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot; 0 where the system does not tell. */
  readonly startTicks: number;
}

/** The identity of a live process, or undefined if there is none with this id (a zombie counts as none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    // The name in parentheses may hold spaces; state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, startTicks: Number(fields[19]) };
  }
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return { pid, startTicks: 0 };
  } catch {
    return undefined;
  }
}

/** Whether that very process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
