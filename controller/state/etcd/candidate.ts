import { randomUUID } from 'node:crypto';
import { type Clock, SatchelError } from '@satchel/proto/core';
import type { Environment } from '../../environment.js';
import type { Candidate, Leadership } from '../candidate.js';
import type { EtcdAddress } from './address.js';
import { EtcdClient, type KeyChange } from './client.js';
import { Keys } from './keys.js';
import { Mirror } from './mirror.js';
import { etcdReason } from './reason.js';
import { EtcdStateStore } from './store.js';
import { Term, type TermLease } from './term.js';

/** How often the leader's key is looked at, beside the watch on it. */
const lookMs = 1000;
/** How often the leader lets etcd forget history, up to where it was the time before. */
const compactMs = 60_000;

export interface EtcdCandidateOptions extends Pick<Environment, 'clock' | 'log'> {
  /** How long a leader that says nothing keeps others from leading. etcd raises it to its own least. */
  readonly leaseSeconds: number;
  /** What others are told of this one when it leads. */
  readonly name: string;
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMs?: () => number;
}

/** Stands for the leadership of the state under an etcd prefix. Rejects with `unavailable` if etcd does not answer or refuses. */
export async function openEtcdCandidate(address: EtcdAddress, options: EtcdCandidateOptions): Promise<Candidate> {
  const candidate = new EtcdCandidate(address, options);
  await candidate.open();
  return candidate;
}

function clientOf(address: EtcdAddress, clock: Clock): EtcdClient {
  try {
    return new EtcdClient(address, clock);
  } catch (error) {
    throw new SatchelError('invalid-argument', `etcd: ${etcdReason(error)}`, { cause: error });
  }
}

class EtcdCandidate implements Candidate {
  readonly #address: EtcdAddress;
  readonly #options: EtcdCandidateOptions;
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  #mirror: Mirror | undefined;
  #term: Term | undefined;
  #stopWatch = () => {};
  #cancelCompact = () => {};
  #closed = false;
  /** There is news of the leader since it was last looked at. */
  #news = false;
  /** Ends the pause between two looks at the leader's key. */
  #endPause = () => {};

  constructor(address: EtcdAddress, options: EtcdCandidateOptions) {
    this.#address = address;
    this.#options = options;
    this.#client = clientOf(address, options.clock);
    this.#keys = new Keys(address.prefix);
  }

  async open(): Promise<void> {
    try {
      await this.#openMirror();
    } catch (error) {
      this.#client.close();
      const hosts = this.#address.hosts.join(',');
      throw new SatchelError('unavailable', `the state in etcd at ${hosts} cannot be read: ${etcdReason(error)}`, {
        cause: error,
      });
    }
  }

  leader(): string | undefined {
    const text = this.#mirror?.get(this.#keys.leader);
    return text === undefined ? undefined : (JSON.parse(text) as { name: string }).name;
  }

  async campaign(): Promise<Leadership | undefined> {
    while (!this.#closed) {
      try {
        this.#news = false;
        const mirror = this.#mirror ?? (await this.#openMirror());
        if ((await this.#client.read(this.#keys.leader)) === undefined) {
          const leadership = await this.#stand(mirror);
          if (leadership !== undefined) return leadership;
        }
      } catch (error) {
        this.#options.log.warn({ err: error }, 'etcd could not be asked who leads');
      }
      await this.#pause();
    }
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endPause();
    this.#mirror?.close();
    await this.#end();
    this.#client.close();
  }

  async #openMirror(): Promise<Mirror> {
    const mirror = await Mirror.open(this.#client, this.#keys.all, (change) => this.#heard(change));
    if (this.#closed) mirror.close();
    this.#mirror = mirror;
    return mirror;
  }

  #heard({ key, value }: KeyChange): void {
    if (key !== this.#keys.leader || value !== undefined) return;
    this.#news = true;
    this.#endPause();
  }

  /** Tries to become the leader. Undefined if another was faster. */
  async #stand(mirror: Mirror): Promise<Leadership | undefined> {
    const lease = await this.#takeLease();
    const claim = { key: this.#keys.leader, value: JSON.stringify({ name: this.#options.name, term: randomUUID() }) };
    try {
      const revision = await this.#client.write([claim], { key: claim.key, createRevision: 0 }, lease.id);
      if (revision !== undefined) return await this.#lead(mirror, revision, lease);
    } catch (error) {
      // It may have been written all the same; without its lease it goes.
      await this.#end();
      await this.#client.revoke(lease.id).catch(() => {});
      throw error;
    }
    await this.#client.revoke(lease.id);
    return undefined;
  }

  async #lead(mirror: Mirror, createRevision: number, lease: TermLease): Promise<Leadership> {
    const parts = { client: this.#client, clock: this.#options.clock, steadyMs: this.#steadyMs };
    const term = new Term(parts, { key: this.#keys.leader, createRevision }, lease);
    this.#term = term;
    this.#stopWatch = this.#watchLeader(term, createRevision);
    await Promise.race([mirror.caughtUp(createRevision), term.lost]);
    this.#mirror = undefined;
    const store = await EtcdStateStore.open(this.#client, this.#keys, term, mirror.close());
    this.#compactLater(createRevision);
    return { store, lost: term.lost, leads: () => term.leads(), end: () => this.#end() };
  }

  async #takeLease(): Promise<TermLease> {
    const askedMs = this.#steadyMs();
    const { id, seconds } = await this.#client.lease(this.#options.leaseSeconds);
    return { id, ms: seconds * 1000, askedMs };
  }

  #watchLeader(term: Term, revision: number): () => void {
    return this.#client.watch(this.#keys.leader, revision + 1, {
      changed: () => term.lose('another controller leads'),
      compacted: () => {},
    });
  }

  async #end(): Promise<void> {
    this.#stopWatch();
    this.#cancelCompact();
    await this.#term?.resign();
    this.#term = undefined;
  }

  #compactLater(revision: number): void {
    this.#cancelCompact = this.#options.clock.after(compactMs, async () => {
      try {
        const now = await this.#client.revision();
        await this.#client.compact(revision);
        if (this.#term?.leads()) this.#compactLater(now);
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the history in etcd could not be compacted');
        if (this.#term?.leads()) this.#compactLater(revision);
      }
    });
  }

  #pause(): Promise<void> {
    if (this.#news || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(lookMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  readonly #steadyMs = (): number => (this.#options.steadyMs ?? performance.now.bind(performance))();
}
