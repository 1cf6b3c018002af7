import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jobGroupId, jobGroups, randomId } from '@satchel/proto/core';

/** Whom a sandbox works for; it works for nobody else, ever. */
export interface Tenant {
  readonly namespace: string;
  /** The job that the caller's token names; undefined: none, or the token could not be verified. */
  readonly job: string | undefined;
}

/** What a sandbox is given besides its code. */
export interface SandboxPlace {
  /** User and group it runs as; undefined: as the functions process itself. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Takes away what was made for it. */
  remove(): void;
}

/** How sandboxes are kept apart. */
export interface Isolation {
  /** Why sandboxes of different jobs run as one user; empty if they do not. */
  readonly problem: string;
  /** Sandboxes of one key may serve one another's invocations. */
  keyOf(tenant: Tenant): string;
  /** Makes deployed code readable to sandboxes. */
  admit(code: string): void;
  placeFor(tenant: Tenant): SandboxPlace;
}

const othersPass = 0o001;
const othersRead = 0o004;

/**
 * As root each job's sandboxes run as a user and group of their own, those without a job as one per namespace; folders for them lie in `dir`. Otherwise, or
 * where other users could not reach the code, all run as the user of this process.
 */
export function planIsolation(dir: string, getuid: () => number | undefined = () => process.getuid?.()): Isolation {
  const problem = isolationProblem(dir, getuid());
  return problem === '' ? new UserPerJob(join(dir, 'sandboxes')) : commonUser(problem);
}

function isolationProblem(dir: string, uid: number | undefined): string {
  if (uid !== 0) return 'only root can give sandboxes users of their own';
  if (!idsAreMapped()) return 'the ids of jobs are not mapped in this user namespace';
  const runtime = fileURLToPath(new URL('.', import.meta.url));
  const shut = [dir, runtime, process.execPath].map(obstacle).find((path) => path !== undefined);
  return shut === undefined ? '' : `other users cannot pass ${shut}; chmod o+x it`;
}

/** Whether the whole range of {@link jobGroups} exists in this process's user namespace. */
function idsAreMapped(): boolean {
  return ['uid_map', 'gid_map'].every((map) => {
    const lines = readFileSync(`/proc/self/${map}`, 'utf8').trim().split('\n');
    return lines.some((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return first <= jobGroups.first && first + count >= jobGroups.first + jobGroups.count;
    });
  });
}

/** The first folder on the way to a path that other users cannot pass. */
function obstacle(path: string): string | undefined {
  const folders: string[] = [];
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => (statSync(folder).mode & othersPass) === 0);
}

function commonUser(problem: string): Isolation {
  const place: SandboxPlace = { user: undefined, environment: {}, remove: () => {} };
  return { problem, keyOf: ({ namespace }) => namespace, admit: () => {}, placeFor: () => place };
}

class UserPerJob implements Isolation {
  readonly problem = '';
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o711 });
    chmodSync(folder, 0o711);
  }

  keyOf({ namespace, job }: Tenant): string {
    return job === undefined ? namespace : `${namespace} job:${job}`;
  }

  admit(code: string): void {
    makeReadable(code);
  }

  placeFor(tenant: Tenant): SandboxPlace {
    // A job's id never contains a colon, a namespace's name here always does.
    const id = jobGroupId(tenant.job ?? tenant.namespace);
    const home = join(this.#folder, randomId(12));
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, id, id);
    return {
      user: { uid: id, gid: id },
      environment: { HOME: home, TMPDIR: home },
      remove: () => rmSync(home, { recursive: true, force: true }),
    };
  }
}

/** Lets other users read a file, or a folder with all that is in it, and run what may be run. */
function makeReadable(path: string): void {
  const facts = lstatSync(path);
  if (facts.isSymbolicLink()) return;
  const runs = facts.isDirectory() || (facts.mode & 0o100) !== 0;
  chmodSync(path, (facts.mode & 0o777) | othersRead | (runs ? othersPass : 0));
  if (facts.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name));
}
