import { lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChildRecord, isOurs, type Owner, ownerFileName, readOwner } from './owner.js';
import { commandOf, groupMembers, isAlive, type ProcessIdentity } from './process-identity.js';

/** Orphans notice the end of their parent within 2 s; those that have not by then are killed. */
const orphanGraceMs = 2_500;
/** A run folder younger than this without an owner file is being made right now. */
const beingMadeMs = 10_000;

/** Removes the run folders of dead owners in `base`, first stopping what they left running. Returns those removed. */
export async function sweepRunFolders(base: string): Promise<string[]> {
  const swept: string[] = [];
  for (const name of namesIn(base).filter((entry) => entry.startsWith('run-'))) {
    const dir = join(base, name);
    if (!isAbandoned(dir)) continue;
    await stopOrphans(childrenOf(dir, readOwner(dir)));
    await removeTree(dir);
    swept.push(dir);
  }
  return swept;
}

/** Stops what a dead owner left and removes the sub-folders it made; everything else in `dir` stays. */
export async function sweepOwned(dir: string, owner: Pick<Owner, 'children' | 'folders'>): Promise<void> {
  await stopOrphans(childrenOf(dir, owner));
  for (const folder of owner.folders) await removeTree(join(dir, folder));
}

/** Waits for a dead owner's processes to end and kills those that do not, after checking that they are ours. */
export async function stopOrphans(children: readonly ChildRecord[]): Promise<void> {
  const deadline = Date.now() + orphanGraceMs;
  const orphans = children.flatMap(descendants);
  while (orphans.some(isAlive)) {
    if (Date.now() > deadline) for (const orphan of orphans.filter(isAlive)) kill(orphan.pid);
    // The end of a process that is no child of ours raises no event.
    await delay(20);
  }
}

/** Removes a folder with all that is in it; one that is not there is fine. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Children of an owner, and those of a child that has one of the owner's folders. */
function childrenOf(dir: string, owner: Pick<Owner, 'children' | 'folders'> | undefined): ChildRecord[] {
  if (owner === undefined) return [];
  return [...owner.children, ...owner.folders.flatMap((folder) => readOwner(join(dir, folder))?.children ?? [])];
}

function descendants(child: ChildRecord): ProcessIdentity[] {
  return groupMembers(child.pid).filter((member) => isOurs(member, child, commandOf(member.pid)));
}

function isAbandoned(dir: string): boolean {
  const facts = lstatSync(dir, { throwIfNoEntry: false });
  if (!facts?.isDirectory() || facts.uid !== process.getuid?.()) return false;
  const owner = readOwner(dir);
  if (owner) return !isAlive(owner);
  return Date.now() - facts.mtimeMs > beingMadeMs || namesIn(dir).includes(ownerFileName);
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
