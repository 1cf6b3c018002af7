import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import { z } from 'zod';
import { bootId, identifyProcess, isAlive, type ProcessIdentity } from './machine.js';

const identity = z.object({ pid: z.number(), startTicks: z.number() });
const lockFile = z.object({ boot: z.string(), host: identity, shards: z.array(identity) });
type LockFile = z.output<typeof lockFile>;

/** The folder of a node belongs to one live process at a time; a lock left by a dead one is taken over. */
export class NodeLock {
  /** Processes of a node that was killed, which may need a moment to notice. */
  readonly leftovers: readonly ProcessIdentity[];
  private shards: ProcessIdentity[] = [];
  private readonly path: string;

  private constructor(path: string, leftovers: readonly ProcessIdentity[]) {
    this.path = path;
    this.leftovers = leftovers;
  }

  /** Takes the folder, made if need be; throws `unavailable` naming the process that has it. */
  static acquire(dir: string): NodeLock {
    mkdirSync(dir, { recursive: true });
    const path = join(dir, 'node.lock');
    for (;;) {
      try {
        writeFileSync(path, contents([]), { flag: 'wx', mode: 0o600 });
        return new NodeLock(path, []);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const held = readLock(path);
      const sameBoot = held?.boot === bootId();
      if (held && sameBoot && isAlive(held.host)) {
        throw new SatchelError('unavailable', `${dir} belongs to a running storage node, process ${held.host.pid}`);
      }
      if (held && sameBoot) {
        // Its shards are asked to be gone by the next owner; that is known only from this file.
        const leftovers = held.shards.filter(isAlive);
        writeFileSync(path, contents([]), { mode: 0o600 });
        return new NodeLock(path, leftovers);
      }
      rmSync(path, { force: true });
    }
  }

  /** Notes the shard processes, so that whoever finds the lock after a crash can wait for their end. */
  setShards(pids: readonly number[]): void {
    this.shards = pids.flatMap((pid) => identifyProcess(pid) ?? []);
    writeFileSync(this.path, contents(this.shards), { mode: 0o600 });
  }

  /** Resolves once the leftovers have ended; those that have not after `graceMs` are killed. */
  async awaitLeftovers(graceMs = 3000): Promise<void> {
    const deadline = Date.now() + graceMs;
    while (this.leftovers.some(isAlive)) {
      if (Date.now() > deadline) for (const left of this.leftovers.filter(isAlive)) process.kill(left.pid, 'SIGKILL');
      // The end of a process that is no child of ours raises no event.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  release(): void {
    rmSync(this.path, { force: true });
  }
}

function contents(shards: ProcessIdentity[]): string {
  const host = identifyProcess(process.pid) ?? { pid: process.pid, startTicks: 0 };
  return JSON.stringify({ boot: bootId(), host, shards } satisfies LockFile);
}

/** A file that cannot be read as a lock is one whose writer died before it wrote. */
function readLock(path: string): LockFile | undefined {
  try {
    return lockFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
