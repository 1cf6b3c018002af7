import { limits, SatchelError } from '@satchel/proto/core';
import { ReplyBuffer, type ReplyWriter } from '@satchel/proto/resp';
import { Glob } from './commands/glob.js';
import type { ConnectionSession } from './session.js';

/** What a connection listens to: names of channels, or patterns of them. One latin1 character per byte. */
export type SubscriptionKind = 'channels' | 'patterns';

interface Subscriber {
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
  readonly forget: () => void;
}

interface Pattern {
  readonly glob: Glob;
  readonly sessions: Set<ConnectionSession>;
}

/** Who listens to which channel of a job on one shard; it ends with the connection. Messages are kept for nobody. */
export class Channels {
  readonly #channels = new Map<string, Set<ConnectionSession>>();
  readonly #patterns = new Map<string, Pattern>();
  readonly #subscribers = new Map<ConnectionSession, Subscriber>();
  #count = 0;

  /** Channels and patterns of all connections. */
  get size(): number {
    return this.#count;
  }

  get patternCount(): number {
    return this.#patterns.size;
  }

  /** Throws `out-of-memory` unless a connection may subscribe to so many more. */
  assertRoom(session: ConnectionSession, more: number): void {
    if (session.subscriptions + more > limits.connectionSubscriptions) {
      throw new SatchelError(
        'out-of-memory',
        `a connection subscribes to at most ${limits.connectionSubscriptions}; use patterns`,
      );
    }
    if (this.#count + more > limits.jobSubscriptions) {
      throw new SatchelError(
        'out-of-memory',
        `the job has ${this.#count} subscriptions on this shard, the limit is ${limits.jobSubscriptions}; use patterns`,
      );
    }
  }

  subscribe(session: ConnectionSession, kind: SubscriptionKind, name: string): void {
    const subscriber = this.#subscriberOf(session);
    if (subscriber[kind].has(name)) return;
    subscriber[kind].add(name);
    session.subscriptions++;
    this.#count++;
    this.#sessionsOf(kind, name).add(session);
  }

  unsubscribe(session: ConnectionSession, kind: SubscriptionKind, name: string): void {
    const subscriber = this.#subscribers.get(session);
    if (!subscriber?.[kind].delete(name)) return;
    this.#remove(session, kind, name);
    if (subscriber.channels.size + subscriber.patterns.size > 0) return;
    this.#subscribers.delete(session);
    subscriber.forget();
  }

  /** What a connection listens to. */
  namesOf(session: ConnectionSession, kind: SubscriptionKind): string[] {
    return [...(this.#subscribers.get(session)?.[kind] ?? [])];
  }

  /** Channels with listeners by name. */
  channels(glob: Glob | undefined): string[] {
    return [...this.#channels.keys()].filter((name) => glob === undefined || glob.matches(name));
  }

  /** Connections that listen to a channel by its name. */
  listenersOf(name: string): number {
    return this.#channels.get(name)?.size ?? 0;
  }

  /** Tells everybody who listens; returns how many times it was told. */
  publish(channel: string, message: Buffer): number {
    let told = 0;
    const byName = this.#channels.get(channel);
    if (byName !== undefined) told += tell(byName, ['message', channel], message);
    for (const [pattern, { glob, sessions }] of this.#patterns) {
      if (glob.matches(channel)) told += tell(sessions, ['pmessage', pattern, channel], message);
    }
    return told;
  }

  /** A connection listens to nothing any more. */
  leave(session: ConnectionSession): void {
    const subscriber = this.#subscribers.get(session);
    if (subscriber === undefined) return;
    this.#subscribers.delete(session);
    subscriber.forget();
    for (const name of subscriber.channels) this.#remove(session, 'channels', name);
    for (const name of subscriber.patterns) this.#remove(session, 'patterns', name);
  }

  /** The job has ended: who listens is disconnected, as nothing will come any more. */
  end(): void {
    for (const session of [...this.#subscribers.keys()]) {
      this.leave(session);
      session.quit();
    }
  }

  #subscriberOf(session: ConnectionSession): Subscriber {
    let subscriber = this.#subscribers.get(session);
    if (subscriber === undefined) {
      const forget = session.onClose(() => this.leave(session));
      subscriber = { channels: new Set(), patterns: new Set(), forget };
      this.#subscribers.set(session, subscriber);
    }
    return subscriber;
  }

  #sessionsOf(kind: SubscriptionKind, name: string): Set<ConnectionSession> {
    if (kind === 'patterns') {
      const pattern = this.#patterns.get(name) ?? { glob: new Glob(name), sessions: new Set() };
      this.#patterns.set(name, pattern);
      return pattern.sessions;
    }
    const sessions = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, sessions);
    return sessions;
  }

  #remove(session: ConnectionSession, kind: SubscriptionKind, name: string): void {
    session.subscriptions--;
    this.#count--;
    const sessions = this.#sessionsOf(kind, name);
    sessions.delete(session);
    if (sessions.size > 0) return;
    if (kind === 'patterns') this.#patterns.delete(name);
    else this.#channels.delete(name);
  }
}

/** Tells the same to several connections; it is written once for each version of the protocol. */
function tell(sessions: ReadonlySet<ConnectionSession>, words: readonly string[], message: Buffer): number {
  const frames: (Buffer | undefined)[] = [];
  for (const session of sessions) {
    const { version } = session;
    frames[version] ??= frame(version, words, message);
    const bytes = frames[version];
    session.message((reply: ReplyWriter) => reply.raw(bytes));
  }
  return sessions.size;
}

function frame(version: 2 | 3, words: readonly string[], message: Buffer): Buffer {
  const output = new ReplyBuffer(message.length + 256);
  output.version = version;
  output.push(words.length + 1);
  for (const word of words) output.bulk(Buffer.from(word, 'latin1'));
  output.bulk(message);
  return output.bytes;
}
