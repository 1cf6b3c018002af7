import { limits, SatchelError } from '@satchel/proto/core';
import type { DeployedFunction } from './functions.js';
import type { Isolation, Tenant } from './isolation.js';
import { type Outcome, Sandbox, type SandboxInvocation } from './sandbox.js';

interface Waiting {
  readonly function: DeployedFunction;
  readonly tenant: Tenant;
  readonly start: (member: Member) => void;
  readonly refuse: (error: SatchelError) => void;
}

interface Member {
  readonly sandbox: Sandbox;
  /** See {@link Isolation.keyOf}. */
  readonly key: string;
  lastUsedMs: number;
  retire: NodeJS.Timeout | undefined;
}

/** Keeps sandboxes warm and within a number; a sandbox serves one version of one function and one tenant, ever. */
export class SandboxPool {
  readonly #maxSandboxes: number;
  readonly #keepWarmMs: number;
  readonly #isolation: Isolation;
  readonly #members = new Set<Member>();
  /** Members that serve an invocation now. */
  readonly #taken = new Set<Member>();
  readonly #waiting: Waiting[] = [];
  #closed = false;

  constructor(options: { maxSandboxes: number; keepWarmSeconds: number }, isolation: Isolation) {
    this.#isolation = isolation;
    this.#maxSandboxes = options.maxSandboxes;
    this.#keepWarmMs = options.keepWarmSeconds * 1000;
  }

  /**
   * Runs one invocation in a warm sandbox, a new one, or the first that becomes free. Throws `out-of-memory` when too
   * many wait already. A function's own failure is an outcome, never an error.
   */
  async invoke(
    deployed: DeployedFunction,
    tenant: Tenant,
    invocation: SandboxInvocation,
    log: (line: string) => void,
  ): Promise<Outcome> {
    const member = await this.#acquire(deployed, tenant);
    clearTimeout(member.retire);
    try {
      return await member.sandbox.invoke(invocation, log);
    } finally {
      this.#release(member);
    }
  }

  /** Ends the sandboxes of a function whose version is not `version`: all of them if it was deleted. */
  retire(name: string, version?: string): void {
    for (const member of [...this.#members]) {
      if (member.sandbox.function.name === name && member.sandbox.function.version !== version && member.sandbox.available)
        member.sandbox.stop();
    }
  }

  /** Ends all sandboxes; invocations under way fail. */
  close(): void {
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(stopping());
    for (const member of [...this.#members]) member.sandbox.stop();
  }

  get size(): number {
    return this.#members.size;
  }

  #acquire(deployed: DeployedFunction, tenant: Tenant): Promise<Member> {
    const warm = this.#findWarm(deployed, tenant) ?? this.#startIfRoom(deployed, tenant);
    if (warm) return Promise.resolve(this.#take(warm));
    if (this.#waiting.length >= limits.functionEventQueue) {
      throw new SatchelError(
        'out-of-memory',
        `${this.#waiting.length} invocations wait for a sandbox already; call again later or raise --max-sandboxes (${this.#maxSandboxes})`,
      );
    }
    return new Promise((start, refuse) => this.#waiting.push({ function: deployed, tenant, start, refuse }));
  }

  #take(member: Member): Member {
    this.#taken.add(member);
    return member;
  }

  #isFree(member: Member): boolean {
    return !this.#taken.has(member) && member.sandbox.available;
  }

  #findWarm(deployed: DeployedFunction, tenant: Tenant): Member | undefined {
    const key = this.#isolation.keyOf(tenant);
    return [...this.#members].find(
      (member) => this.#isFree(member) && member.key === key && member.sandbox.function.version === deployed.version,
    );
  }

  /** A new sandbox if there is room, made by ending the one unused for longest if need be. */
  #startIfRoom(deployed: DeployedFunction, tenant: Tenant): Member | undefined {
    if (this.#closed) throw stopping();
    if (this.#members.size >= this.#maxSandboxes) {
      const coldest = [...this.#members].filter((member) => this.#isFree(member)).sort((a, b) => a.lastUsedMs - b.lastUsedMs)[0];
      if (!coldest) return undefined;
      coldest.sandbox.stop();
    }
    const member: Member = {
      sandbox: new Sandbox(deployed, this.#isolation.placeFor(tenant), () => this.#ended(member)),
      key: this.#isolation.keyOf(tenant),
      lastUsedMs: Date.now(),
      retire: undefined,
    };
    this.#members.add(member);
    return member;
  }

  #release(member: Member): void {
    this.#taken.delete(member);
    if (!this.#members.has(member)) return;
    member.lastUsedMs = Date.now();
    member.retire = setTimeout(() => member.sandbox.stop(), this.#keepWarmMs).unref();
    this.#serveWaiting();
  }

  #ended(member: Member): void {
    clearTimeout(member.retire);
    this.#members.delete(member);
    this.#taken.delete(member);
    if (!this.#closed) this.#serveWaiting();
  }

  #serveWaiting(): void {
    const next = this.#waiting[0];
    if (!next) return;
    const member = this.#findWarm(next.function, next.tenant) ?? this.#startIfRoom(next.function, next.tenant);
    if (!member) return;
    this.#waiting.shift();
    next.start(this.#take(member));
  }
}

function stopping(): SatchelError {
  return new SatchelError('unavailable', 'the functions service is stopping');
}
