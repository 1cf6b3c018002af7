import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Clock, SatchelError } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { type HostMessage, isMessage, type ShardMessage } from '../shard/messages.js';
import { afterDeath } from './restart-policy.js';

/** What the host does about its shards. */
export interface ShardOwner {
  /** The first message of a new process. */
  startMessage(index: number): HostMessage;
  received(index: number, message: ShardMessage): void;
  /** The shard serves; `again` if it did before. */
  up(index: number, again: boolean): void;
  down(index: number): void;
  /** The set of live processes changed. */
  processesChanged(): void;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' | 'listening'; readonly child: ChildProcess; readonly startedMs: number }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'stopping'; readonly child: ChildProcess }
  | { readonly kind: 'stopped' };

const mainPath = fileURLToPath(new URL('../shard/main.js', import.meta.url));
/** How long a shard may take to stop before it is killed. */
const stopMs = 1000;

/** Keeps one shard process running: starts it, tells when it serves, restarts it when it dies. */
export class ShardProcess {
  readonly index: number;
  restarts = 0;
  private state: State = { kind: 'idle' };
  private youngDeaths = 0;
  private served = false;
  private serving = false;
  private readonly awaitingService: (() => void)[] = [];
  private left = () => {};
  private first: { resolve: () => void; reject: (error: SatchelError) => void } | undefined;
  private readonly owner: ShardOwner;
  private readonly clock: Clock;
  private readonly log: Logger;

  constructor(index: number, owner: ShardOwner, clock: Clock, log: Logger) {
    this.index = index;
    this.owner = owner;
    this.clock = clock;
    this.log = log;
  }

  get pid(): number | undefined {
    return 'child' in this.state ? this.state.child.pid : undefined;
  }

  get listening(): boolean {
    return this.state.kind === 'listening';
  }

  /** Resolves when clients are served. */
  whenServing(): Promise<void> {
    return this.serving ? Promise.resolve() : new Promise((resolve) => this.awaitingService.push(resolve));
  }

  /** Starts it; resolves once its ports are its own. Rejects with `unavailable` if it ends before; the caller may start it anew. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.spawn();
    });
  }

  /** Sends if there is a process to send to; a shard that starts later learns everything from its first message and the job table. */
  send(message: HostMessage): void {
    if (this.state.kind !== 'listening' && this.state.kind !== 'starting') return;
    if (this.state.child.connected) this.state.child.send(message, () => {});
  }

  /** Asks it to let its clients go; resolves once they have gone, or the process has. */
  leave(): Promise<void> {
    const { state } = this;
    if (state.kind !== 'listening') return Promise.resolve();
    return new Promise((resolve) => {
      this.left = resolve;
      state.child.once('exit', () => resolve());
      this.send({ kind: 'leave' });
    });
  }

  /** Asks it to stop, kills it if it does not; resolves once it is gone. Idempotent. */
  stop(): Promise<void> {
    const state = this.state;
    if (state.kind === 'waiting') state.cancel();
    if (!('child' in state)) {
      this.state = { kind: 'stopped' };
      return Promise.resolve();
    }
    this.state = { kind: 'stopping', child: state.child };
    return new Promise((resolve) => {
      const force = setTimeout(() => state.child.kill('SIGKILL'), stopMs);
      state.child.once('exit', () => {
        clearTimeout(force);
        this.state = { kind: 'stopped' };
        resolve();
      });
      if (state.child.connected) state.child.send({ kind: 'stop' } satisfies HostMessage, () => {});
    });
  }

  private spawn(): void {
    // Standard output carries the host's ready line only.
    const child = fork(mainPath, [`shard-${this.index}`], { stdio: ['ignore', 2, 2, 'ipc'] });
    this.state = { kind: 'starting', child, startedMs: this.clock.now() };
    child.on('message', (message) => this.message(message));
    child.once('error', (error) => this.log.error({ shard: this.index, err: error }, 'a shard process could not be started'));
    child.once('exit', (code, signal) => this.exited(child, code, signal));
    child.send(this.owner.startMessage(this.index), () => {});
    this.owner.processesChanged();
  }

  private message(value: unknown): void {
    if (!isMessage(value)) return;
    // The other end of this channel is our own shard main, built with us.
    const message = value as ShardMessage;
    if (message.kind === 'listening' && this.state.kind === 'starting') {
      this.state = { ...this.state, kind: 'listening' };
      this.first?.resolve();
      this.first = undefined;
      this.owner.up(this.index, this.served);
      this.served = true;
      return;
    }
    if (message.kind === 'serving') {
      this.serving = true;
      for (const resolve of this.awaitingService.splice(0)) resolve();
      return;
    }
    if (message.kind === 'left') this.left();
    if (message.kind === 'port-taken') this.first?.reject(new SatchelError('unavailable', `port ${message.port} is taken`));
    this.owner.received(this.index, message);
  }

  private exited(child: ChildProcess, code: number | null, signal: string | null): void {
    if (!('child' in this.state) || this.state.child !== child || this.state.kind === 'stopping') return;
    const livedMs = this.clock.now() - this.state.startedMs;
    if (this.first) {
      this.state = { kind: 'idle' };
      this.first.reject(new SatchelError('unavailable', `shard ${this.index} ended while it started (${ending(code, signal)})`));
      this.first = undefined;
      return;
    }
    this.serving = false;
    const restart = afterDeath(this.youngDeaths, livedMs);
    this.youngDeaths = restart.youngDeaths;
    this.restarts++;
    this.log.error(
      { shard: this.index, pid: child.pid, code, signal, livedMs, restartInMs: restart.delayMs },
      'a shard died and is restarted; what it held in DRAM is lost',
    );
    this.state = { kind: 'waiting', cancel: this.clock.after(restart.delayMs, () => this.spawn()) };
    this.owner.down(this.index);
  }
}

function ending(code: number | null, signal: string | null): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
