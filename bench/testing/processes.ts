import { readdirSync, readFileSync } from 'node:fs';

/** A running process, as /proc tells. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All running processes; zombies left out. */
export function runningProcesses(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): RunningProcess | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined;
    return { pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() };
  } catch {
    return undefined;
  }
}

/** A process and all below it. */
export function processTree(root: number): RunningProcess[] {
  const all = runningProcesses();
  const below = (pid: number): RunningProcess[] =>
    all.filter((process) => process.parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return [...all.filter((process) => process.pid === root), ...below(root)];
}

/** Whether a process is still there. */
export function isRunning(pid: number): boolean {
  return readProcess(pid) !== undefined;
}

/** Open descriptors and resident memory of a process. */
export function resourcesOf(pid: number): { readonly descriptors: number; readonly residentBytes: number } {
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    residentBytes: Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096,
  };
}
