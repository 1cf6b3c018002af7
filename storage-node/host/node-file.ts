import { readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** `node.json` in the node's folder. */
export class NodeFile {
  facts: NodeFacts;
  private readonly path: string;

  private constructor(path: string, facts: NodeFacts) {
    this.path = path;
    this.facts = facts;
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
    const file = new NodeFile(path, { ...fresh, ...stored, basePort, ports });
    file.save({});
    return file;
  }

  /** Changes facts and writes them, whole or not at all. */
  save(changes: Partial<NodeFacts>): void {
    this.facts = { ...this.facts, ...changes };
    writeFileSync(`${this.path}.new`, JSON.stringify(this.facts), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
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
