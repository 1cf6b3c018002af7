import { createServer, type Server, type Socket } from 'node:net';
import { slotCount, slotOf } from '@satchel/proto/core';
import { encodeCommand, ReplyParser } from '@satchel/proto/resp';

/** One shard of a scripted job. */
export interface ScriptedShard {
  readonly endpointPort: number;
  readonly directPort: number;
}

/** What a script may do to a connection when a command arrives. */
export interface ScriptedConnection {
  readonly socket: Socket;
  /** Number of the connection, from 1. */
  readonly number: number;
  reply(text: string | Buffer): void;
}

/** Decides on a command before the store does: true means it was dealt with. */
export type Script = (command: readonly string[], connection: ScriptedConnection) => boolean;

/**
 * A tiny job of several shards in this process, to test clients against: speaks RESP3, keeps values in maps, and does to
 * connections what a script says. It counts how often each put was carried out.
 */
export class ScriptedCluster {
  readonly shards: ScriptedShard[] = [];
  readonly values: Map<string, Buffer>[] = [];
  /** Puts carried out, by value. */
  readonly applied = new Map<string, number>();
  /** Commands seen, without handshakes. */
  readonly seen: string[][] = [];
  connections = 0;
  script: Script = () => false;
  /** Index of the shard that owns a slot. */
  ownerOf: (slot: number) => number = (slot) => Math.floor((slot * this.shards.length) / slotCount);
  /** What a shard believes of a slot; default: the truth. */
  viewOf: (shard: number, slot: number) => number = (_shard, slot) => this.ownerOf(slot);
  /** Keys and values of puts, in the order they were carried out. */
  readonly carriedOut: (readonly [key: string, value: string])[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<Socket, Server>();
  readonly #waits = new Set<{ socket: Socket; id: string; key: string }>();

  static async start(shardCount = 1): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster();
    for (let index = 0; index < shardCount; index++) {
      cluster.values.push(new Map());
      cluster.shards.push({
        endpointPort: await cluster.listen(index, true),
        directPort: await cluster.listen(index, false),
      });
    }
    return cluster;
  }

  get url(): string {
    return `redis://job-1:token@127.0.0.1:${this.shards[0]?.endpointPort}`;
  }

  /** Listens again on a port that was closed, or on a free one. */
  listen(shard: number, endpoint: boolean, port = 0): Promise<number> {
    const server = createServer((socket) => {
      this.#sockets.set(socket, server);
      this.#serve(socket, shard, endpoint);
    });
    this.#servers.push(server);
    return new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** Breaks every connection. */
  disconnect(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Listens on a port no more, and breaks its connections. */
  close(port: number): void {
    for (const server of this.#servers) {
      const address = server.address();
      if (typeof address !== 'object' || address?.port !== port) continue;
      server.close();
      for (const [socket, accepted] of this.#sockets) if (accepted === server) socket.destroy();
    }
  }

  async stop(): Promise<void> {
    const closed = this.#servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)));
    this.disconnect();
    await Promise.all(closed);
  }

  push(id: string, value: Buffer | null, socket: Socket): void {
    socket.write(
      Buffer.concat([Buffer.from(`>3\r\n+satchel.wait\r\n:${id}\r\n`), value === null ? Buffer.from('_\r\n') : bulk(value)]),
    );
  }

  #serve(socket: Socket, shard: number, endpoint: boolean): void {
    const connection = { socket, number: ++this.connections, reply: (text: string | Buffer) => void socket.write(text) };
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const wait of this.#waits) if (wait.socket === socket) this.#waits.delete(wait);
    });
    const parser = new ReplyParser({
      // A command is encoded like a reply: an array of strings.
      onReply: (command) => {
        const bytes = command as Buffer[];
        const words = bytes.map(String);
        if (words[0] !== 'HELLO') this.seen.push(words);
        if (!socket.destroyed && !this.script(words, connection)) this.execute(words, bytes, connection, shard, endpoint);
      },
      onPush: () => {},
    });
    socket.on('data', (data: Buffer) => parser.feed(data, 0, data.length));
  }

  /** Carries a command out as a shard would. */
  execute(
    words: readonly string[],
    bytes: readonly Buffer[],
    connection: ScriptedConnection,
    shard: number,
    endpoint: boolean,
  ): void {
    const [name = '', first = '', second = ''] = words;
    const key = name === 'SATCHEL.AWAIT' ? second : first;
    const owner = this.viewOf(shard, slotOf(key));
    const keyed = ['SET', 'SATCHEL.GET', 'DEL', 'EXISTS', 'SATCHEL.PUT', 'SATCHEL.AWAIT'].includes(name);
    if (keyed && !endpoint && owner !== shard) {
      connection.reply(`-MOVED ${slotOf(key)} 127.0.0.1:${this.shards[owner]?.directPort}\r\n`);
      return;
    }
    connection.reply(this.#answer(words, bytes, shard, this.values[owner] ?? new Map()));
    if (name === 'SET' || name === 'SATCHEL.PUT') this.#wake(first, bytes[2] ?? Buffer.alloc(0));
    if (name === 'SATCHEL.AWAIT') this.#await(connection.socket, first, key, this.values[owner]?.get(key));
  }

  #answer(words: readonly string[], bytes: readonly Buffer[], shard: number, values: Map<string, Buffer>): string | Buffer {
    const [name = '', first = '', second = ''] = words;
    switch (name) {
      case 'HELLO':
        return words[4] === 'token' ? '%1\r\n+proto\r\n:3\r\n' : '-WRONGPASS the token was refused\r\n';
      case 'PING':
        return '+PONG\r\n';
      case 'CLUSTER':
        return first === 'MYID' ? bulk(Buffer.from(`shard-${shard}`)) : this.slots();
      case 'SET':
      case 'SATCHEL.PUT':
        this.carriedOut.push([first, second]);
        this.applied.set(second, (this.applied.get(second) ?? 0) + 1);
        values.set(first, bytes[2] ?? Buffer.alloc(0));
        return '+OK\r\n';
      case 'SATCHEL.GET':
        return bulk(values.get(first));
      case 'EXISTS':
        return `:${values.has(first) ? 1 : 0}\r\n`;
      case 'DEL':
        return `:${words.slice(1).filter((word) => this.values.some((map) => map.delete(word))).length}\r\n`;
      case 'SATCHEL.COUNT':
        return `:${this.values.reduce((sum, map) => sum + map.size, 0)}\r\n`;
      case 'SATCHEL.AWAIT':
      case 'SATCHEL.UNWATCH':
        return '+OK\r\n';
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  #await(socket: Socket, id: string, key: string, value: Buffer | undefined): void {
    if (value === undefined) this.#waits.add({ socket, id, key });
    else this.push(id, value, socket);
  }

  slots(): string {
    const entries: { start: number; end: number; owner: number }[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      const last = entries.at(-1);
      const owner = this.ownerOf(slot);
      if (last?.owner === owner) last.end = slot;
      else entries.push({ start: slot, end: slot, owner });
    }
    const lines = entries.map(
      ({ start, end, owner }) =>
        `*3\r\n:${start}\r\n:${end}\r\n*3\r\n$9\r\n127.0.0.1\r\n:${this.shards[owner]?.directPort}\r\n+shard-${owner}\r\n`,
    );
    return `*${entries.length}\r\n${lines.join('')}`;
  }

  #wake(key: string, value: Buffer): void {
    for (const wait of this.#waits) {
      if (wait.key !== key) continue;
      this.#waits.delete(wait);
      this.push(wait.id, value, wait.socket);
    }
  }
}

function bulk(value: Buffer | undefined): Buffer {
  // A command of one argument is an array header and the string.
  return value === undefined ? Buffer.from('_\r\n') : encodeCommand([value]).subarray(4);
}
