import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Clock ticks per second in /proc. */
let ticksPerSecond: number | undefined;

/** Processor time that processes have used so far, in seconds, threads included. Throws if one is gone. */
export function cpuSecondsOf(pids: readonly number[]): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const ticks = pids.map((pid) => cpuTicksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}

/** User and system time in the text of /proc/PID/stat; the name in brackets may contain anything. */
export function cpuTicksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of a process in bytes. */
export function residentBytesOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
