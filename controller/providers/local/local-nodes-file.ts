import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import { type ChildRecord, newOwner, readOwner, writeOwner } from '../../processes/owner.js';
import { isAlive } from '../../processes/process-identity.js';

const fileName = 'nodes.json';

interface Content {
  /** Number of the next node; none is given out twice. */
  readonly next: number;
  readonly nodes: readonly string[];
}

/** A folder in which the local provider keeps its nodes: whose it is, which nodes there are, which processes it started. */
export class LocalNodesFile {
  readonly dir: string;
  /** Processes that a controller before this one started here; they end with it, but may take two seconds. */
  readonly leftovers: readonly ChildRecord[];
  #content: Content;
  #children: readonly ChildRecord[] = [];

  /** Takes the folder, making it if need be; throws `unavailable` naming a living process that has it. */
  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const before = readOwner(dir);
    if (before !== undefined && before.pid !== process.pid && isAlive(before)) {
      throw new SatchelError('unavailable', `${dir} is in use by another controller, process ${before.pid}`);
    }
    this.leftovers = before?.children ?? [];
    this.#content = read(dir);
    this.#writeOwner();
  }

  get nodes(): readonly string[] {
    return this.#content.nodes;
  }

  /** Names for new nodes, which from now on belong here. */
  add(count: number): string[] {
    const { next, nodes } = this.#content;
    const names = Array.from({ length: count }, (_, index) => `node-${next + index}`);
    this.#write({ next: next + count, nodes: [...nodes, ...names] });
    return names;
  }

  remove(node: string): void {
    this.#write({ ...this.#content, nodes: this.#content.nodes.filter((other) => other !== node) });
    this.#children = this.#children.filter(({ name }) => name !== node);
    this.#writeOwner();
  }

  /** Notes a node's process, in place of an earlier one. */
  recordChild(child: ChildRecord): void {
    this.#children = [...this.#children.filter(({ name }) => name !== child.name), child];
    this.#writeOwner();
  }

  #write(content: Content): void {
    this.#content = content;
    const temporary = join(this.dir, `${fileName}.new`);
    writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 });
    renameSync(temporary, join(this.dir, fileName));
  }

  #writeOwner(): void {
    writeOwner(this.dir, { ...newOwner(false), children: this.#children, folders: [] });
  }
}

function read(dir: string): Content {
  try {
    return JSON.parse(readFileSync(join(dir, fileName), 'utf8')) as Content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { next: 1, nodes: [] };
    throw new SatchelError(
      'unavailable',
      `${join(dir, fileName)} cannot be read; remove ${dir} if its nodes are not wanted any more`,
    );
  }
}
