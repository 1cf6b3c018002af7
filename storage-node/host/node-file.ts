import { readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomId, SatchelError } from '@satchel/proto/core';
import { z } from 'zod';

const shardAddress = z.object({
  shard: z.number(),
  node: z.string(),
  host: z.string(),
  endpointPort: z.number(),
  directPort: z.number(),
  socket: z.string(),
});

const membership = z.object({
  /** Fleet-wide id of each of the node's shards. */
  shards: z.array(z.number()),
  publicKeyJwk: z.string(),
  linkToken: z.string(),
  heartbeatMs: z.number(),
});
/** What the controller told the node when it joined. */
export type NodeMembership = z.output<typeof membership>;

const nodeFacts = z.object({
  id: z.string(),
  basePort: z.number(),
  ports: z.array(z.object({ endpointPort: z.number(), directPort: z.number() })),
  /** Of the host's last start, in which all counters of usage began at 0; grows with each. */
  incarnation: z.number().default(0),
  membership: membership.optional(),
  directory: z.object({ version: z.number(), shards: z.array(shardAddress) }),
});
/** What a node keeps about itself, so that it works without the controller, also after a restart. */
export type NodeFacts = z.output<typeof nodeFacts>;

/** How often the file's time is set. */
const aliveMs = 2000;

/** `node.json` in the node's folder. */
export class NodeFile {
  facts: NodeFacts;
  /** When the process before was last seen alive, to some seconds; 0: there was none. */
  readonly leftMs: number;
  private readonly path: string;
  private touchedMs = 0;

  private constructor(path: string, facts: NodeFacts, leftMs: number) {
    this.path = path;
    this.facts = facts;
    this.leftMs = leftMs;
  }

  /** Opens or begins the file; throws `invalid-argument` if the folder is another node's. */
  static open(dir: string, id: string | undefined, basePort: number): NodeFile {
    const path = join(dir, 'node.json');
    const stored = readFacts(path);
    if (stored && id !== undefined && stored.id !== id) {
      throw new SatchelError('invalid-argument', `${dir} is the folder of node '${stored.id}', not of '${id}'`);
    }
    const fresh: NodeFacts = {
      id: id ?? `node-${randomId(8)}`,
      basePort,
      ports: [],
      incarnation: 0,
      directory: { version: 0, shards: [] },
    };
    const ports = stored?.basePort === basePort ? stored.ports : [];
    const leftMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const file = new NodeFile(path, { ...fresh, ...stored, basePort, ports }, leftMs);
    file.save({});
    return file;
  }

  /** Changes facts and writes them, whole or not at all. */
  save(changes: Partial<NodeFacts>): void {
    this.facts = { ...this.facts, ...changes };
    writeFileSync(`${this.path}.new`, JSON.stringify(this.facts), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  /** Shows by the time of the file that the process lives, so that the next one knows until when it did. */
  alive(nowMs: number): void {
    if (nowMs - this.touchedMs < aliveMs) return;
    this.touchedMs = nowMs;
    utimesSync(this.path, nowMs / 1000, nowMs / 1000);
  }

  /**
   * Number of this start of the host, higher than those before: seconds since the Unix epoch, so that it is higher than those of a folder that was
   * lost, too.
   */
  nextIncarnation(nowMs: number): number {
    const incarnation = Math.max(this.facts.incarnation + 1, Math.floor(nowMs / 1000));
    this.save({ incarnation });
    return incarnation;
  }
}

function readFacts(path: string): NodeFacts | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = nodeFacts.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new SatchelError('invalid-argument', `${path} is not a storage node's file: ${parsed.error.issues[0]?.message}`);
}
