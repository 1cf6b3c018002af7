import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomId, SatchelError } from '@satchel/proto/core';
import { identify, type ProcessIdentity } from './process-identity.js';

/** A process started by `satchel up`, leader of its own process group. */
export interface ChildRecord extends ProcessIdentity {
  readonly name: string;
  /** The script it runs; tells it and its descendants from strangers with the same id. */
  readonly main: string;
}

/** Who has a run folder, and what it made there. */
export interface Owner extends ProcessIdentity {
  readonly children: readonly ChildRecord[];
  /** Names of the sub-folders made by Satchel. */
  readonly folders: readonly string[];
  /** Whether the folder itself was made by Satchel. */
  readonly madeDir: boolean;
}

/** The file in a run folder that names its owner. */
export const ownerFileName = 'satchel-owner.json';

/** This process as an owner of nothing yet. */
export function newOwner(madeDir: boolean): Owner {
  const identity = identify(process.pid);
  if (!identity) throw new SatchelError('internal', 'the system does not tell when this process started');
  return { ...identity, children: [], folders: [], madeDir };
}

/** Owner of a run folder, `undefined` without an owner file or with one that was never written whole. */
export function readOwner(dir: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(dir, ownerFileName), 'utf8'));
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the owner file, whole or not at all. */
export function writeOwner(dir: string, owner: Owner): void {
  const temporary = join(dir, `${ownerFileName}.${randomId(6)}`);
  writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600 });
  renameSync(temporary, join(dir, ownerFileName));
}

/**
 * Processes that a dead owner's child left: itself and its descendants in its group, if they run our scripts.
 * Never a stranger that was given the same id.
 */
export function isOurs(process: ProcessIdentity, child: ChildRecord, command: string): boolean {
  if (!command.includes(dirname(child.main))) return false;
  return process.pid !== child.pid || process.startTime === child.startTime;
}

function isOwner(value: unknown): value is Owner {
  const owner = value as Partial<Owner> | null;
  return (
    typeof owner === 'object' &&
    typeof owner?.pid === 'number' &&
    typeof owner.startTime === 'string' &&
    Array.isArray(owner.children) &&
    Array.isArray(owner.folders)
  );
}
