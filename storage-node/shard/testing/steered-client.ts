import { limits } from '@satchel/proto/core';
import type { TestClient, TestFleet } from './test-fleet.js';

const patienceMs = 20_000;

/** A client that follows a job's slots from shard to shard, and repeats what was refused because they move. `closed`: no answer came. */
export class SteeredClient {
  readonly #fleet: TestFleet;
  readonly #direct: boolean;
  readonly #clients = new Map<number, TestClient>();
  #shard: number;
  /** Answers that made it repeat a command. */
  refusals = 0;
  /** Of these, those that a client of an endpoint should not have got. */
  readonly needless: string[] = [];

  constructor(fleet: TestFleet, shard: number, direct: boolean) {
    this.#fleet = fleet;
    this.#shard = shard;
    this.#direct = direct;
  }

  async call(...words: string[]): Promise<unknown> {
    for (let tries = 0; tries < 2000; tries++) {
      const client = await this.#client(this.#shard).catch(() => undefined);
      if (client === undefined || client.socket.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, 3));
        continue;
      }
      const reply = await answered(client.call(...words), words);
      const [, word = '', port] = /^-(MOVED|GONE|UNAVAILABLE)(?: \d+ [\d.]+:(\d+))?/.exec(String(reply)) ?? [];
      if (reply === 'closed') this.#clients.delete(this.#shard);
      if (word === '') return reply;
      this.refusals++;
      // A value that has flowed to a shard, and waits there, is nowhere else.
      const flows = words.some((argument) => argument.length >= limits.streamedArgumentBytes);
      if (!this.#direct && word === 'GONE' && !flows) this.needless.push(`${words.join(' ').slice(0, 100)}: ${String(reply)}`);
      const target = this.#fleet.shards.find(({ address }) => address.directPort === Number(port));
      if (target !== undefined) this.#shard = target.shard;
      await new Promise((resolve) => setTimeout(resolve, tries < 5 ? 0 : 3));
    }
    throw new Error(`${words.join(' ')} was refused too often`);
  }

  async #client(shard: number): Promise<TestClient> {
    const known = this.#clients.get(shard);
    if (known !== undefined && !known.socket.destroyed) return known;
    const client = await this.#fleet.client('job', { shard, direct: this.#direct });
    this.#clients.set(shard, client);
    return client;
  }
}

/** The answer; rejects if none comes. */
async function answered(reply: Promise<unknown>, words: readonly string[]): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${words.join(' ').slice(0, 100)} was not answered`)), patienceMs);
  });
  return Promise.race([reply, late]).finally(() => clearTimeout(timer));
}
