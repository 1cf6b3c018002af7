import { type Clock, SatchelError } from '@satchel/proto/core';
import type { ControllerMessage__Output, FleetClient, Hello, NodeMessage } from '@satchel/proto/gen';
import { dial } from '@satchel/proto/rpc';
import type { Logger } from 'pino';

type JoinStream = ReturnType<FleetClient['join']>;

/** What the link serves. */
export interface LinkOwner {
  /** Introduces the node; asked for at each connect. */
  hello(): Hello;
  /** Takes a message; the next is delivered when it has settled. */
  received(message: ControllerMessage__Output): void | Promise<void>;
  /** The controller was reached (its welcome is the next message), or lost. */
  reachable(reachable: boolean): void;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' | 'joined'; readonly stream: JoinStream }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'closed' };

const firstRetryMs = 100;
const longestRetryMs = 1000;
/** How long the controller may take to hear a goodbye. */
const goodbyeMs = 500;

/** The wait before the attempt after `failures` failures in a row: 100 ms, doubling to 1 s. */
export function retryDelayMs(failures: number): number {
  return Math.min(firstRetryMs * 2 ** Math.max(0, failures - 1), longestRetryMs);
}

/** The node's stream to the controller, which is opened again for ever whenever it breaks. */
export class ControllerLink {
  private readonly channel;
  private state: State = { kind: 'idle' };
  private failures = 0;
  private handled: Promise<void> = Promise.resolve();
  private readonly owner: LinkOwner;
  private readonly clock: Clock;
  private readonly log: Logger;

  constructor(address: string, owner: LinkOwner, clock: Clock, log: Logger) {
    this.channel = dial(address);
    this.owner = owner;
    this.clock = clock;
    this.log = log;
  }

  get joined(): boolean {
    return this.state.kind === 'joined';
  }

  /** Begins to connect. */
  start(): void {
    const stream = this.channel.fleet.join();
    this.state = { kind: 'connecting', stream };
    stream.on('data', (message: ControllerMessage__Output) => this.data(stream, message));
    stream.on('error', (error: Error) => this.broken(stream, error.message));
    stream.on('end', () => this.broken(stream, 'the controller closed the stream'));
    stream.write({ hello: this.owner.hello() });
  }

  /** Sends if the node has joined; false if not: what must arrive is said again at the next join. */
  send(message: NodeMessage): boolean {
    if (this.state.kind !== 'joined') return false;
    this.state.stream.write(message);
    return true;
  }

  /** Ends the stream for good; resolves once the controller has ended it too, or after half a second. */
  async close(): Promise<void> {
    const state = this.state;
    this.state = { kind: 'closed' };
    if (state.kind === 'waiting') state.cancel();
    if ('stream' in state) await this.ended(state.stream);
    this.channel.close();
  }

  private ended(stream: JoinStream): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(goodbyeMs, resolve);
      stream.on('error', () => {});
      stream.once('status', () => {
        cancel();
        resolve();
      });
      stream.end();
    });
  }

  private data(stream: JoinStream, message: ControllerMessage__Output): void {
    if (!('stream' in this.state) || this.state.stream !== stream) return;
    if (message.message === 'welcome' && this.state.kind === 'connecting') {
      this.state = { kind: 'joined', stream };
      if (this.failures > 0) this.log.warn({ controller: this.channel.address }, 'the controller is back');
      this.failures = 0;
      this.owner.reachable(true);
    }
    this.handled = this.handled.then(async () => {
      try {
        await this.owner.received(message);
      } catch (error) {
        this.log.error({ err: error, message: message.message }, 'a message of the controller could not be handled');
        // Joining anew makes the controller say everything again.
        if ('stream' in this.state && this.state.stream === stream) this.broken(stream, SatchelError.from(error).message);
      }
    });
  }

  private broken(stream: JoinStream, why: string): void {
    if (!('stream' in this.state) || this.state.stream !== stream) return;
    const joined = this.state.kind === 'joined';
    this.failures++;
    if (this.failures === 1) {
      this.log.warn(
        { controller: this.channel.address, why },
        'the controller is away; jobs go on, the node keeps trying to join',
      );
    }
    stream.on('error', () => {});
    stream.cancel();
    this.state = { kind: 'waiting', cancel: this.clock.after(retryDelayMs(this.failures), () => this.start()) };
    if (joined) this.owner.reachable(false);
  }
}
