import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const mainPath = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A storage node from the compiled code. */
export interface NodeProcess {
  readonly child: ChildProcess;
  readonly ready: { readonly id: string; readonly address: string; readonly socket: string; readonly http: string };
  /** What it wrote on standard error so far. */
  readonly log: () => string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

/** Starts a node; resolves with its ready line. Rejects with what it wrote on standard error if it ends before. */
export function startNode(options: readonly string[], environment: Record<string, string> = {}): Promise<NodeProcess> {
  const child = spawn(process.execPath, [mainPath, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => {
      resolve({ child, ready: JSON.parse(line), log: () => log, ended });
    });
    void ended.then((how) => reject(new Error(`the node ended with ${how}: ${log}`)));
  });
}

/** Ids of the live children of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

/** Whether a process is alive (a zombie is not). */
export function isRunning(pid: number): boolean {
  const state = statOf(String(pid))?.[0];
  return state !== undefined && state !== 'Z';
}

/** Open file descriptors of a process. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Resident memory of a process in bytes, without what is mapped from files. */
export function anonymousBytesOf(pid: number): number {
  const line = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Environment that lets {@link liveHeapBytes} ask a node's processes; snapshots go to `folder`. */
export function heapSnapshotsTo(folder: string): Record<string, string> {
  return { NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}` };
}

/**
 * Bytes of a process's heap that are reachable. Resident memory would tell when V8 last chose to collect; a snapshot collects
 * first, so that what is left is what somebody holds.
 */
export async function liveHeapBytes(pid: number, folder: string): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const name = readdirSync(folder).find((each) => each.endsWith('.heapsnapshot') && each.includes(`.${pid}.`));
    const bytes = name === undefined ? undefined : sizeOfSnapshot(join(folder, name));
    if (name === undefined || bytes === undefined) continue;
    rmSync(join(folder, name));
    return bytes;
  }
}

/** Undefined while the file is being written. */
function sizeOfSnapshot(path: string): number | undefined {
  const text = readFileSync(path, 'utf8');
  if (!text.trimEnd().endsWith('}')) return undefined;
  const { snapshot, nodes }: { snapshot: { meta: { node_fields: string[] } }; nodes: number[] } = JSON.parse(text);
  const fields = snapshot.meta.node_fields;
  let bytes = 0;
  for (let at = fields.indexOf('self_size'); at < nodes.length; at += fields.length) bytes += nodes[at] ?? 0;
  return bytes;
}

function parentOf(name: string): number {
  return Number(statOf(name)?.[1] ?? -1);
}

function statOf(name: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
