import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process beyond its id, which the system gives to another one day. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it: clock ticks after boot on Linux, a date elsewhere. */
  readonly startTime: string;
}

interface ProcessFacts extends ProcessIdentity {
  readonly group: number;
}

/** Identity of a process that lives now (a zombie does not), or undefined. */
export function identify(pid: number): ProcessIdentity | undefined {
  const facts = process.platform === 'linux' ? factsFromProc(pid) : factsFromPs(pid);
  return facts && { pid, startTime: facts.startTime };
}

/** Whether that very process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Living processes of a process group, which is named by its leader's id. */
export function groupMembers(group: number): ProcessIdentity[] {
  if (process.platform !== 'linux') return psGroup(group);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => factsFromProc(Number(name)) ?? [])
    .filter((facts) => facts.group === group)
    .map(({ pid, startTime }) => ({ pid, startTime }));
}

/** The command line of a process, its words separated by spaces; empty if there is no such process. */
export function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return ps(['-o', 'command=', '-p', String(pid)]);
  } catch {
    return '';
  }
}

/** See proc(5): the name in parentheses may hold spaces; after it come state, parent, group … and, 19 further, the start. */
function factsFromProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, group: Number(group), startTime: rest[16] ?? '' };
  } catch {
    return undefined;
  }
}

function factsFromPs(pid: number): ProcessFacts | undefined {
  try {
    return parsePsLine(ps(['-o', 'pid=,pgid=,stat=,lstart=', '-p', String(pid)]));
  } catch {
    return undefined;
  }
}

function psGroup(group: number): ProcessIdentity[] {
  return ps(['-A', '-o', 'pid=,pgid=,stat=,lstart='])
    .split('\n')
    .flatMap((line) => parsePsLine(line) ?? [])
    .filter((facts) => facts.group === group);
}

function parsePsLine(line: string): ProcessFacts | undefined {
  const [pid, group, state, ...start] = line.trim().split(/\s+/);
  if (start.length === 0 || state?.startsWith('Z')) return undefined;
  return { pid: Number(pid), group: Number(group), startTime: start.join(' ') };
}

function ps(options: string[]): string {
  return execFileSync('ps', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
