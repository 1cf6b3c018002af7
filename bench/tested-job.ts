import { dirname } from 'node:path';
import { type RegisterJobOptions, registerJob } from '@satchel/client';
import { parseJobUrl, SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { type ClusterOptions, startCluster } from './cluster.js';
import type { Scope } from './scope.js';

/** A job on which something is measured. */
export interface TestedJob {
  readonly url: string;
  /** Processes of the shards that hold the job's slots; empty if they run on another machine. */
  readonly shardPids: readonly number[];
  /** Folder of the shards' sockets on this machine; undefined if it is not known. */
  readonly socketDir: string | undefined;
  /** `host:port` of the nodes' metrics; empty if they are not known. */
  readonly metrics: readonly string[];
}

/** Where a job is to be measured: one that is there, in a cluster that is there, or in a cluster of its own. */
export interface JobPlace {
  readonly url?: string | undefined;
  readonly controller?: string | undefined;
  readonly cluster: ClusterOptions;
}

/** Opens the job; ended and stopped with the scope, as far as it was made here. */
export async function openTestedJob(
  scope: Scope,
  { url, controller, cluster }: JobPlace,
  hints: Omit<RegisterJobOptions, 'controller' | 'connect'>,
): Promise<TestedJob> {
  if (url !== undefined) return { url, shardPids: await shardPidsOf(url), socketDir: socketDirOfEnvironment(), metrics: [] };
  if (controller !== undefined) {
    const job = await scope.open(registerJob({ ...hints, controller }), (opened) => opened.end());
    return { url: job.url, shardPids: await shardPidsOf(job.url), socketDir: socketDirOfEnvironment(), metrics: [] };
  }
  const started = await scope.open(startCluster({ ...cluster, functions: false }), (running) => running.stop());
  const job = await scope.open(registerJob({ ...hints, controller: started.controller }), (opened) => opened.end());
  return {
    url: job.url,
    shardPids: await shardPidsOf(job.url),
    socketDir: started.nodes[0] && dirname(started.nodes[0].socket),
    metrics: started.nodes.map(({ http }) => http),
  };
}

function socketDirOfEnvironment(): string | undefined {
  return process.env['SATCHEL_SOCKET_DIR'];
}

/** The processes of a job's shards, or none if it is not on this machine. */
async function shardPidsOf(url: string): Promise<number[]> {
  const { host, job: username, token: password, tls } = parseJobUrl(url);
  if (tls || !['127.0.0.1', '::1', 'localhost'].includes(host)) return [];
  const endpoint = new Redis(url, { enableReadyCheck: false });
  try {
    const nodes = (await endpoint.cluster('SLOTS')).map(([, , node]) => node);
    const ports = new Set(nodes.map((node) => node?.[1]).filter((port) => port !== undefined));
    const pids = [...ports].map((port) => processIdOf(new Redis({ host, port, username, password, enableReadyCheck: false })));
    return await Promise.all(pids);
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    throw new SatchelError('unavailable', `the job's shards do not say who they are: ${message}`, { cause: error });
  } finally {
    endpoint.disconnect();
  }
}

async function processIdOf(redis: Redis): Promise<number> {
  try {
    return Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  } finally {
    redis.disconnect();
  }
}
