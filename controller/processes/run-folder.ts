import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { randomId, SatchelError } from '@satchel/proto/core';
import { type ChildRecord, newOwner, type Owner, ownerFileName, readOwner, writeOwner } from './owner.js';
import { isAlive } from './process-identity.js';
import { removeTree, sweepOwned, sweepRunFolders } from './sweep.js';

/** The system allows 107 bytes for a Unix socket's path (103 on macOS). */
const socketPathBytes = 100;

/** A folder that one living process has, with the sub-folders it made there. */
export class RunFolder {
  readonly dir: string;
  #owner: Owner;

  private constructor(dir: string, owner: Owner) {
    this.dir = dir;
    this.#owner = owner;
  }

  /**
   * Takes `dir`, or without it makes a fresh folder under the system's temporary one. Sweeps up first what dead
   * owners left. Throws `unavailable` naming the process that has `dir`.
   */
  static async claim(dir?: string): Promise<RunFolder> {
    for (const base of bases()) await sweepRunFolders(base);
    return dir === undefined ? RunFolder.#fresh(defaultBase()) : RunFolder.#take(resolve(dir));
  }

  /** Makes a fresh folder whose sockets have short paths. */
  static claimShort(): RunFolder {
    return RunFolder.#fresh(shortBase());
  }

  static #fresh(base: string): RunFolder {
    for (let attempt = 1; ; attempt++) {
      try {
        ensureBase(base);
        const folder = new RunFolder(mkdtempSync(join(base, 'run-')), newOwner(true));
        letPass(folder.dir);
        writeOwner(folder.dir, folder.#owner);
        return folder;
      } catch (error) {
        // Another run that ended may have removed the base in between.
        if (!hasCode(error, 'ENOENT') || attempt === 5) throw error;
      }
    }
  }

  static async #take(dir: string): Promise<RunFolder> {
    const madeDir = mkdirSync(dir, { recursive: true }) !== undefined;
    for (;;) {
      const mine = newOwner(madeDir);
      if (createOwner(dir, mine)) return new RunFolder(dir, mine);
      const held = readOwner(dir);
      if (held && isAlive(held)) {
        throw new SatchelError('unavailable', `${dir} is in use by another satchel up, process ${held.pid}`);
      }
      const stale = retireOwner(dir);
      if (!stale) continue;
      const heir = { ...mine, children: stale.children, folders: stale.folders, madeDir: stale.madeDir };
      if (!createOwner(dir, heir)) continue;
      await sweepOwned(dir, stale);
      const folder = new RunFolder(dir, heir);
      folder.#update({ children: [], folders: [] });
      return folder;
    }
  }

  /**
   * Makes a sub-folder; throws `invalid-argument` if something that Satchel did not make has its name. One that is `passable` lets the sandboxes of
   * functions through, where they run as users of their own.
   */
  makeFolder(name: string, access: 'own' | 'passable' = 'own'): string {
    const path = join(this.dir, name);
    if (lstatSync(path, { throwIfNoEntry: false })) {
      throw new SatchelError('invalid-argument', `${path} exists and was not made by satchel up; give another --dir`);
    }
    this.#update({ folders: [...this.#owner.folders, name] });
    mkdirSync(path, { mode: 0o700 });
    if (access === 'passable') letPass(path);
    return path;
  }

  /** Notes a running child under its name, in place of an earlier one of that name. */
  recordChild(child: ChildRecord): void {
    this.#update({ children: [...this.#owner.children.filter(({ name }) => name !== child.name), child] });
  }

  /** Removes what Satchel made here, and the folder itself if it made that and nothing else is in it. */
  async remove(): Promise<void> {
    for (const folder of this.#owner.folders) await removeTree(join(this.dir, folder));
    rmSync(join(this.dir, ownerFileName), { force: true });
    if (!this.#owner.madeDir) return;
    if (removeIfEmpty(this.dir) && bases().includes(dirname(this.dir))) removeIfEmpty(dirname(this.dir));
  }

  #update(changes: Partial<Owner>): void {
    this.#owner = { ...this.#owner, ...changes };
    writeOwner(this.dir, this.#owner);
  }
}

/** Whether the sockets of shards may lie in `socketDir`. */
export function socketsFit(socketDir: string): boolean {
  return Buffer.byteLength(join(socketDir, '65535.sock')) <= socketPathBytes;
}

function defaultBase(): string {
  return join(tmpdir(), `satchel-${process.getuid?.() ?? 0}`);
}

function shortBase(): string {
  return join('/tmp', `satchel-${process.getuid?.() ?? 0}`);
}

function bases(): string[] {
  return [...new Set([defaultBase(), shortBase()])];
}

/** Makes the folder of all runs of this user; refuses one that somebody else could change. */
function ensureBase(base: string): void {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const facts = lstatSync(base);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.() || (facts.mode & 0o022) !== 0) {
    throw new SatchelError('unavailable', `${base} is not a folder that only this user can write; remove it`);
  }
  letPass(base);
}

/** As root, other users may go through a folder, but not look into it: sandboxes then are other users. */
function letPass(folder: string): void {
  if (process.getuid?.() === 0) chmodSync(folder, 0o711);
}

/** Writes the owner file if there is none; false if there is. */
function createOwner(dir: string, owner: Owner): boolean {
  try {
    writeFileSync(join(dir, ownerFileName), JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Takes a dead owner's file away and returns it; of several processes that try, one succeeds. */
function retireOwner(dir: string): Owner | undefined {
  const path = join(dir, ownerFileName);
  const aside = `${path}.${randomId(6)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const retired = readOwnerFile(aside);
  if (retired && isAlive(retired)) {
    renameSync(aside, path);
    return undefined;
  }
  rmSync(aside, { force: true });
  return retired ?? { ...newOwner(false), children: [], folders: [] };
}

function readOwnerFile(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function removeIfEmpty(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST') || hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
