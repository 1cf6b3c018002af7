import type { ControllerMessage__Output, FleetClient, Hello, NodeMessage, Usage } from '@satchel/proto/gen';
import { dial } from '@satchel/proto/rpc';

/** A storage node that holds nothing: it joins, applies configurations and purges jobs at once, unless told otherwise. */
export class FakeNode {
  readonly hello: Hello;
  /** Everything the controller sent on the present stream. */
  messages: ControllerMessage__Output[] = [];
  /** Whether it answers that it has applied, and purged. */
  applies = true;
  purges = true;
  /** What it does besides when it is told something. */
  onMessage: (message: ControllerMessage__Output) => void = () => {};
  /** What it says a job used when it purges it. */
  finalUsage: Usage = {};
  readonly #address: string;
  #channel: ReturnType<typeof dial> | undefined;
  #stream: ReturnType<FleetClient['join']> | undefined;
  readonly #waiting = new Set<() => void>();

  /** `shards` shards with 512 MiB of dram and 4 GiB of ssd each; anything of the hello can be replaced. */
  constructor(address: string, node: string, shards = 2, hello: Partial<Hello> = {}) {
    this.#address = address;
    const basePort = 10_000 + Math.floor(Math.random() * 20_000);
    this.hello = {
      node,
      host: '127.0.0.1',
      shards: Array.from({ length: shards }, (_, index) => ({
        index,
        endpointPort: basePort + 2 * index,
        directPort: basePort + 2 * index + 1,
        socket: `/run/${basePort + 2 * index}.sock`,
      })),
      dramBytes: shards * 512 * 2 ** 20,
      ssdBytes: shards * 4 * 2 ** 30,
      throughputBytesPerSecond: 0,
      version: 'fake',
      http: '127.0.0.1:1',
      ...hello,
    };
  }

  /** Joins and resolves with its shard ids once welcomed; rejects if turned away. */
  async join(again: Partial<Hello> = {}): Promise<number[]> {
    this.messages = [];
    this.#channel = dial(this.#address);
    const stream = this.#channel.fleet.join();
    this.#stream = stream;
    stream.on('data', (message: ControllerMessage__Output) => this.#receive(message));
    stream.on('error', () => {});
    stream.write({ hello: { ...this.hello, ...again } });
    const first = await this.saw((message) => message.welcome || message.rejected);
    if (!first.welcome) throw new Error(first.rejected?.reason ?? 'no welcome');
    return first.welcome.shards;
  }

  send(message: NodeMessage): void {
    this.#stream?.write(message);
  }

  /** The first message of the stream for which `test` holds, awaited if need be. */
  async saw(test: (message: ControllerMessage__Output) => unknown): Promise<ControllerMessage__Output> {
    for (;;) {
      const found = this.messages.find(test);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Says that it has left. */
  goodbye(): void {
    this.send({ left: {} });
  }

  /** Ends the stream as a node that dies does. */
  leave(): void {
    this.#stream?.on('error', () => {});
    this.#stream?.cancel();
    this.#channel?.close();
  }

  #receive(message: ControllerMessage__Output): void {
    this.messages.push(message);
    this.onMessage(message);
    if (message.configure && this.applies) this.send({ applied: { sequence: message.configure.sequence } });
    if (message.end && this.purges) this.send({ purged: { job: message.end.job, usage: this.finalUsage } });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
