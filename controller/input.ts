import { checkName, type Hints, type HintsInput, limits, SatchelError, type Verb, verbs } from '@satchel/proto/core';
import type { Hello__Output, Hints__Output, PlanJobRequest__Output, RegisterJobRequest__Output } from '@satchel/proto/gen';
import { parseHints } from '@satchel/proto/validation';
import type { NewJob } from './jobs/registering.js';
import type { NodeIntroduction } from './nodes.js';
import type { PlannedJob } from './planner.js';
import { unnamed } from './sizing/history.js';

/** Bounds of a job's lease. */
export interface LeaseBounds {
  readonly defaultMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Hints as they came, checked; throws `invalid-argument` naming the hint. Absent stays absent. */
export function readHints(hints: Hints__Output | null): Hints {
  const input: HintsInput = {};
  if (hints?.capacityBytes !== undefined) input.capacity = hints.capacityBytes;
  if (hints?.throughputBytesPerSecond !== undefined) input.throughput = hints.throughputBytesPerSecond;
  if (hints?.functions !== undefined) input.functions = hints.functions;
  if (hints?.latencySensitive !== undefined) input.latencySensitive = hints.latencySensitive;
  if (hints?.replicas !== undefined) input.replicas = hints.replicas;
  if (hints?.requestsPerSecond !== undefined) input.requests = hints.requestsPerSecond;
  if (hints?.valueBytes !== undefined) input.valueSize = hints.valueBytes;
  if (hints?.lifetimeSeconds !== undefined) input.lifetimeSeconds = hints.lifetimeSeconds;
  if (hints?.evict) input.evict = readEvict(hints.evict);
  return parseHints(input);
}

function readEvict(evict: string): 'lru' {
  if (evict === 'lru') return evict;
  throw new SatchelError('invalid-argument', `hint evict: '${evict}' is not known; lru is`);
}

/** Whom a plan is for, checked; throws `invalid-argument`. */
export function readPlanned(request: PlanJobRequest__Output): PlannedJob {
  return {
    name: checkName('job name', request.name || unnamed),
    namespace: checkName('namespace', request.namespace || 'default'),
    hints: readHints(request.hints),
  };
}

/** A registration, checked and complete; throws `invalid-argument`. */
export function readRegistration(request: RegisterJobRequest__Output, bounds: LeaseBounds): NewJob {
  return {
    ...(request.requestId !== '' && { requestId: readRequestId(request.requestId) }),
    name: checkName('job name', request.name || unnamed),
    namespace: checkName('namespace', request.namespace || 'default'),
    hints: readHints(request.hints),
    leaseMs: readLease(request.leaseSeconds, bounds),
    verbs: readVerbs(request.verbs),
  };
}

function readRequestId(requestId: string): string {
  if (/^[\w-]{8,64}$/.test(requestId)) return requestId;
  throw new SatchelError('invalid-argument', 'a request id has 8 to 64 characters of [A-Za-z0-9_-]');
}

function readLease(seconds: number, { defaultMs, leastMs, mostMs }: LeaseBounds): number {
  if (seconds === 0) return defaultMs;
  const ms = seconds * 1000;
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new SatchelError(
    'invalid-argument',
    `a lease of ${seconds} s was asked for; from ${leastMs / 1000} s to ${mostMs / 1000} s is allowed`,
  );
}

function readVerbs(words: readonly string[]): Verb[] {
  const unknown = words.find((word) => !verbs.some((verb) => verb === word));
  if (unknown !== undefined)
    throw new SatchelError('invalid-argument', `verb '${unknown}' is not known; ${verbs.join(' and ')} are`);
  return verbs.filter((verb) => words.length === 0 || words.includes(verb));
}

/** A node's introduction, checked; throws `invalid-argument` saying what is wrong. */
export function readHello(hello: Hello__Output): NodeIntroduction {
  const { node, host, dramBytes, ssdBytes, throughputBytesPerSecond, version, http } = hello;
  checkName('node', node);
  const wrong = (what: string) => new SatchelError('invalid-argument', `node ${node} cannot join: ${what}`);
  if (host === '') throw wrong('it announces no host');
  if (hello.shards.length === 0 || hello.shards.length > limits.nodeShards) {
    throw wrong(`it has ${hello.shards.length} shards, from 1 to ${limits.nodeShards} are allowed`);
  }
  const shards = hello.shards.toSorted((a, b) => a.index - b.index);
  for (const [index, shard] of shards.entries()) {
    if (shard.index !== index) throw wrong(`its shards are not numbered from 0 without gaps`);
    if (!isPort(shard.endpointPort) || !isPort(shard.directPort)) throw wrong(`shard ${index} has no port`);
  }
  return { node, host, shards, dramBytes, ssdBytes, throughputBytesPerSecond, version, http };
}

const isPort = (port: number) => port > 0 && port < 65_536;
