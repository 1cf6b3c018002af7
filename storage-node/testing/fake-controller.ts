import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import type { JobClaims } from '@satchel/proto/core';
import type {
  ControllerMessage,
  FleetHandlers,
  Hello__Output,
  JobConfiguration,
  NodeMessage__Output,
  Shard,
} from '@satchel/proto/gen';
import { loadSchema, type ServerHandle, serve } from '@satchel/proto/rpc';
import { signToken } from '@satchel/proto/validation';

type Join = Parameters<FleetHandlers['Join']>[0];
type Kind = NonNullable<NodeMessage__Output['message']>;

/** A node's stream, with everything it said. */
export interface FakeNode {
  readonly hello: Hello__Output;
  readonly shards: readonly number[];
  send(message: ControllerMessage): void;
  /** Breaks the stream. */
  hangUp(): void;
}

interface Expectation {
  readonly matches: (message: NodeMessage__Output) => boolean;
  readonly resolve: (message: NodeMessage__Output) => void;
}

/** The fleet service of a controller as tests need it: gives shards numbers, signs tokens, says what it is told to say. */
export class FakeController {
  readonly said: NodeMessage__Output[] = [];
  readonly joins: FakeNode[] = [];
  heartbeatMs = 200;
  readonly publicKeyJwk: string;
  private readonly privateKey: KeyObject;
  private server: ServerHandle | undefined;
  private readonly shardIds = new Map<string, number[]>();
  private nextShard = 10;
  private sequence = 0;
  private expectations: Expectation[] = [];
  private joinExpectations: ((node: FakeNode) => void)[] = [];

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.privateKey = privateKey;
    this.publicKeyJwk = JSON.stringify(publicKey.export({ format: 'jwk' }));
  }

  get port(): number {
    return this.server?.port ?? 0;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(port = 0): Promise<void> {
    const implementation: Pick<FleetHandlers, 'Join' | 'ListNodes' | 'DrainNode' | 'GetPublicKey'> = {
      Join: (stream) => this.join(stream),
      ListNodes: (_, callback) => callback(null, { nodes: [] }),
      DrainNode: (_, callback) => callback(null, {}),
      GetPublicKey: (_, callback) => callback(null, { publicKeyJwk: this.publicKeyJwk }),
    };
    this.server = await serve([{ definition: loadSchema().Fleet.service, implementation }], '127.0.0.1', port);
  }

  async close(): Promise<void> {
    await this.server?.close(0);
  }

  /** The node that joins next. */
  nextJoin(): Promise<FakeNode> {
    return new Promise((resolve) => this.joinExpectations.push(resolve));
  }

  /** The next message of a kind, from now on, for which `matches` is true. */
  next<K extends Kind>(kind: K, matches: (message: NonNullable<NodeMessage__Output[K]>) => boolean = () => true) {
    return new Promise<NonNullable<NodeMessage__Output[K]>>((resolve) => {
      this.expectations.push({
        matches: (message) => {
          const body = message[kind];
          return message.message === kind && !!body && matches(body);
        },
        resolve: (message) => {
          const body = message[kind];
          if (body) resolve(body);
        },
      });
    });
  }

  /** Sends configurations; resolves when the node has applied them. */
  async configure(node: FakeNode, jobs: JobConfiguration[], complete = false): Promise<void> {
    const sequence = ++this.sequence;
    const applied = this.next('applied', (message) => message.sequence === sequence);
    node.send({ configure: { sequence, jobs, complete } });
    await applied;
  }

  /** A job's token. */
  async token(job: string, slots: [number, number][], changes: Partial<JobClaims> = {}): Promise<string> {
    const claims: JobClaims = {
      kind: 'job',
      job,
      namespace: 'default',
      verbs: ['read', 'write'],
      quota: 0,
      tiers: ['dram', 'ssd', 'object'],
      slots,
      created: Date.now(),
      exp: Math.floor(Date.now() / 1000) + 3600,
      ...changes,
    };
    return signToken(claims, await this.signingKey());
  }

  private async join(stream: Join): Promise<void> {
    stream.on('error', () => {});
    stream.on('end', () => stream.end());
    stream.on('data', (message: NodeMessage__Output) => {
      if (message.hello) void this.welcome(stream, message.hello);
      this.said.push(message);
      const met = this.expectations.filter(({ matches }) => matches(message));
      this.expectations = this.expectations.filter((expectation) => !met.includes(expectation));
      for (const { resolve } of met) resolve(message);
    });
  }

  private async welcome(stream: Join, hello: Hello__Output): Promise<void> {
    const shards = this.shardIds.get(hello.node) ?? hello.shards.map(() => this.nextShard++);
    this.shardIds.set(hello.node, shards);
    const node: FakeNode = { hello, shards, send: (message) => void stream.write(message), hangUp: () => stream.end() };
    const linkToken = await signToken({ kind: 'link', node: hello.node }, await this.signingKey());
    const directory = { version: 1, shards: shards.map((shard, index) => shardOf(hello, shard, index)) };
    node.send({
      welcome: {
        node: hello.node,
        shards: [...shards],
        publicKeyJwk: this.publicKeyJwk,
        linkToken,
        heartbeatMs: this.heartbeatMs,
        directory,
      },
    });
    this.joins.push(node);
    for (const resolve of this.joinExpectations.splice(0)) resolve(node);
  }

  private signingKey() {
    const bytes = this.privateKey.export({ format: 'der', type: 'pkcs8' });
    return webcrypto.subtle.importKey('pkcs8', bytes, 'Ed25519', false, ['sign']);
  }
}

function shardOf(hello: Hello__Output, shard: number, index: number): Shard {
  const listen = hello.shards[index];
  return {
    shard,
    node: hello.node,
    host: hello.host,
    endpointPort: listen?.endpointPort ?? 0,
    directPort: listen?.directPort ?? 0,
    socket: listen?.socket ?? '',
    state: 'up',
  };
}
