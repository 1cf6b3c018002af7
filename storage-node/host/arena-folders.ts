import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmdirSync, rmSync, statfsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '@satchel/proto/core';
import { mappingProblem } from '@satchel/proto/shared-memory';
import { retireArenas } from '../store/arena/retire.js';
import { identifyProcess, isAlive } from './machine.js';

const tmpfsType = 0x01021994;
const sharedMemory = '/dev/shm';

/** A shard's arena folder, or why its memory is private. */
export type ArenaPlace = { readonly arena: string } | { readonly arenaProblem: string };

export interface ArenaFoldersOptions {
  readonly socketDir: string;
  /** DRAM of the node: less free memory on tmpfs is no use. */
  readonly dramBytes: number;
  /** Where folders go if the socket folder is not on tmpfs; default: `/dev/shm/satchel-UID`. */
  readonly common?: string;
}

/**
 * Arena folders of a node's shards: `SOCKET_DIR/PORT.arena`, on tmpfs, or else a link to a folder there that is named after this process, so
 * that another node finds what a killed one left.
 */
export class ArenaFolders {
  private readonly socketDir: string;
  private readonly common: string;
  private readonly problem: string;
  private readonly onTmpfs: boolean;
  private readonly made = new Map<string, string>();

  constructor({ socketDir, dramBytes, common = join(sharedMemory, `satchel-${process.getuid?.() ?? 0}`) }: ArenaFoldersOptions) {
    this.socketDir = socketDir;
    this.common = common;
    this.onTmpfs = isTmpfs(socketDir);
    this.problem = mappingProblem() || this.prepareCommon() || roomProblem(this.onTmpfs ? socketDir : common, dramBytes);
  }

  /** The folder of the shard with this endpoint port, made if need be. */
  of(port: number): ArenaPlace {
    if (this.problem) return { arenaProblem: this.problem };
    const path = join(this.socketDir, `${port}.arena`);
    try {
      const folder = this.onTmpfs ? path : join(this.common, `${ownName()}-${port}`);
      if (this.made.get(path) !== folder) this.make(path, folder);
      return { arena: path };
    } catch (error) {
      return { arenaProblem: `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  /** Removes the folders; whoever still reads there is told that all has ended. */
  remove(): void {
    for (const [path, folder] of this.made) {
      retireArenas(folder);
      rmSync(folder, { recursive: true, force: true });
      rmSync(path, { recursive: true, force: true });
    }
    this.made.clear();
    try {
      rmdirSync(this.common);
    } catch {
      // Other nodes have folders there.
    }
  }

  private make(path: string, folder: string): void {
    // What a killed node left under this name: its port is ours now.
    if (isFolder(path)) retireArenas(path);
    else rmSync(path, { force: true });
    makeFolder(folder);
    if (folder !== path) {
      rmSync(path, { recursive: true, force: true });
      symlinkSync(folder, path);
    }
    this.made.set(path, folder);
  }

  /** Makes the common folder and removes what processes that are gone left there; why it cannot be used, or nothing. */
  private prepareCommon(): string {
    if (!isTmpfs(sharedMemory)) return this.onTmpfs ? '' : `neither ${this.socketDir} nor ${sharedMemory} is on tmpfs`;
    try {
      if (!isFolder(this.common)) makeFolder(this.common);
      const { uid, mode } = lstatSync(this.common);
      // Anyone may make folders in /dev/shm.
      if (!isFolder(this.common) || uid !== process.getuid?.() || (mode & 0o022) !== 0)
        return `${this.common} belongs to somebody else`;
      for (const name of readdirSync(this.common)) {
        if (!isOrphan(name)) continue;
        retireArenas(join(this.common, name));
        rmSync(join(this.common, name), { recursive: true, force: true });
      }
      return '';
    } catch (error) {
      return `${this.common} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

function roomProblem(folder: string, dramBytes: number): string {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= dramBytes) return '';
  return `${folder} has ${formatBytes(bavail * bsize)} left, the node may use ${formatBytes(dramBytes)} of DRAM`;
}

/** Other users' processes may pass through, as far as a job's folder lets them, if this node gives jobs groups of their own. */
function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) chmodSync(path, 0o711);
}

function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === tmpfsType;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Process ids mean something within their namespace only. */
function namespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
}

function ownName(): string {
  return `${namespace()}-${process.pid}-${identifyProcess(process.pid)?.startTicks ?? 0}`;
}

/** Whether a folder of the common one was made by a process that is gone. */
function isOrphan(name: string): boolean {
  const [space, pid, startTicks] = name.split('-');
  return space === namespace() && !isAlive({ pid: Number(pid), startTicks: Number(startTicks) });
}
