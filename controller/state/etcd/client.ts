import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Clock } from '@satchel/proto/core';
import { ConsecutiveBreaker, circuitBreaker, handleWhen, noop, retry } from 'cockatiel';
import { Etcd3, type IOptions, type IRequestOp, type IWatchResponse, isRecoverableError } from 'etcd3';
import type { EtcdAddress } from './address.js';

/** How long one call may take. */
const callMs = 2000;
/** Records of one answer while everything is read. */
const pageRecords = 1000;
const firstRetryMs = 100;
const longestRetryMs = 1000;

/** A key set to a value, or removed if the value is undefined. */
export interface KeyChange {
  readonly key: string;
  readonly value: string | undefined;
}

/** Holds while a key exists as it was created at this revision; 0: while it does not exist. */
export interface Fence {
  readonly key: string;
  readonly createRevision: number;
}

/** What a watch tells. */
export interface WatchListener {
  /** Changes of one or more revisions, in order; `revision` is the last of them. */
  changed(changes: readonly KeyChange[], revision: number): void;
  /** The history was compacted beyond what was seen: everything is to be read again. The watch is over. */
  compacted(): void;
}

/** The calls of etcd that are needed. Each rejects when no host answers in time; calls are not repeated here. */
export class EtcdClient {
  readonly #etcd: Etcd3;
  readonly #clock: Clock;

  constructor({ hosts, user, tls }: EtcdAddress, clock: Clock) {
    this.#clock = clock;
    this.#etcd = new Etcd3({
      hosts: [...hosts],
      ...(user !== undefined && { auth: { username: user.name, password: user.password } }),
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + callMs }),
      ...credentialsFrom(tls),
      faultHandling: faultHandlingFor(hosts.length),
      grpcOptions: {
        'grpc.max_receive_message_length': 256 * 1024 * 1024,
        'grpc.initial_reconnect_backoff_ms': firstRetryMs,
        'grpc.max_reconnect_backoff_ms': longestRetryMs,
        // No more often than etcd allows by default (5 s).
        'grpc.keepalive_time_ms': 6000,
        'grpc.keepalive_timeout_ms': 2000,
      },
    });
  }

  /** Every record whose key begins with `prefix`, as of one revision, which is returned. */
  async readAll(prefix: string, each: (key: string, value: string) => void): Promise<number> {
    let revision = 0;
    let key = Buffer.from(prefix);
    for (;;) {
      const request = { key, range_end: endOf(prefix), limit: pageRecords, revision };
      const page = await this.#etcd.kv.range(request);
      if (revision === 0) revision = Number(page.header.revision);
      for (const record of page.kvs) each(record.key.toString(), record.value.toString());
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return revision;
      key = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  async read(key: string): Promise<string | undefined> {
    const { kvs } = await this.#etcd.kv.range({ key: Buffer.from(key) });
    return kvs[0]?.value.toString();
  }

  /** The newest revision. */
  async revision(): Promise<number> {
    const { header } = await this.#etcd.kv.range({ key: Buffer.of(0), keys_only: true });
    return Number(header.revision);
  }

  /** Makes all changes if the fence holds, else none. Returns the revision, or undefined if it does not hold. */
  async write(changes: readonly KeyChange[], fence: Fence, lease?: string): Promise<number | undefined> {
    const { header, succeeded } = await this.#etcd.kv.txn({
      compare: [
        { target: 'Create', result: 'Equal', key: Buffer.from(fence.key), create_revision: String(fence.createRevision) },
      ],
      success: changes.map((change) => operation(change, lease)),
    });
    return succeeded ? Number(header.revision) : undefined;
  }

  /** A lease of some seconds, and how many it got. */
  async lease(seconds: number): Promise<{ id: string; seconds: number }> {
    const { ID, TTL, error } = await this.#etcd.leaseClient.leaseGrant({ TTL: String(seconds) });
    if (error !== '') throw new Error(error);
    return { id: ID, seconds: Number(TTL) };
  }

  /** Renews a lease; false if it has expired. */
  async renew(id: string, timeoutMs: number): Promise<boolean> {
    const stream = await this.#etcd.leaseClient.leaseKeepAlive({ deadline: Date.now() + timeoutMs });
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('etcd ended the stream')));
      stream.on('data', ({ TTL }) => {
        stream.end();
        resolve(Number(TTL) > 0);
      });
      stream.write({ ID: id });
    });
  }

  async revoke(id: string): Promise<void> {
    await this.#etcd.leaseClient.leaseRevoke({ ID: id });
  }

  /** Forgets the history before a revision. */
  async compact(revision: number): Promise<void> {
    await this.#etcd.kv.compact({ revision: String(revision) });
  }

  /** Follows keys with a prefix from a revision on, over broken connections, until stopped. */
  watch(prefix: string, fromRevision: number, listener: WatchListener): () => void {
    let next = fromRevision;
    let failures = 0;
    let stop = () => {};
    let stopped = false;
    const again = () => {
      if (stopped) return;
      const delayMs = Math.min(firstRetryMs * 2 ** failures++, longestRetryMs);
      stop = this.#clock.after(delayMs, open);
    };
    const open = () => {
      stop = this.#watchOnce(prefix, next, {
        answered(response) {
          failures = 0;
          if (stopped) return;
          if (response.canceled) {
            stopped = true;
            listener.compacted();
            return;
          }
          const last = response.events.at(-1);
          if (last === undefined) return;
          // Not the header's: it may be ahead of the events while a late watch catches up.
          next = Number(last.kv.mod_revision) + 1;
          listener.changed(changesOf(response), next - 1);
        },
        over: again,
      });
    };
    open();
    return () => {
      stopped = true;
      stop();
    };
  }

  /** Waits before something is tried again. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  close(): void {
    this.#etcd.close();
  }

  /** One stream; `over` is called once when it breaks. Returns what ends it silently. */
  #watchOnce(
    prefix: string,
    fromRevision: number,
    { answered, over }: { answered(response: IWatchResponse): void; over(): void },
  ): () => void {
    let end = () => {};
    let ended = false;
    const finish = () => {
      if (ended) return;
      ended = true;
      end();
      over();
    };
    this.#etcd.watchClient.watch().then((stream) => {
      if (ended) stream.cancel();
      end = () => stream.cancel();
      stream.on('data', answered).on('error', finish).on('end', finish);
      const request = { key: Buffer.from(prefix), range_end: endOf(prefix), start_revision: String(fromRevision) };
      stream.write({ create_request: request });
    }, finish);
    return () => {
      ended = true;
      end();
    };
  }
}

/** Reads the files. Throws what reading throws. */
function credentialsFrom({ ca, cert, key }: EtcdAddress['tls']): Pick<IOptions, 'credentials'> {
  if (ca === undefined && cert === undefined) return {};
  const rootCertificate = ca === undefined ? Buffer.from(rootCertificates.join('\n')) : readFileSync(ca);
  if (cert === undefined || key === undefined) return { credentials: { rootCertificate } };
  return { credentials: { rootCertificate, certChain: readFileSync(cert), privateKey: readFileSync(key) } };
}

/** Of several members of etcd one that fails is left alone for a second, and a call is tried on each of them. A single one is asked always. */
function faultHandlingFor(hosts: number): NonNullable<IOptions['faultHandling']> {
  if (hosts === 1) return { host: () => noop, global: noop };
  const failures = handleWhen(isRecoverableError);
  return {
    host: () => circuitBreaker(failures, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(1) }),
    global: retry(failures, { maxAttempts: hosts - 1 }),
  };
}

/** The first key after all that begin with a prefix, which must not end in 0xff. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}

function operation({ key, value }: KeyChange, lease: string | undefined): IRequestOp {
  if (value === undefined) return { request_delete_range: { key: Buffer.from(key) } };
  return {
    request_put: { key: Buffer.from(key), value: Buffer.from(value), ...(lease !== undefined && { lease }) },
  };
}

function changesOf({ events }: IWatchResponse): KeyChange[] {
  return events.map(({ type, kv }) => ({
    key: kv.key.toString(),
    value: type === 'Delete' ? undefined : kv.value.toString(),
  }));
}
