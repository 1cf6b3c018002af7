import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { registerJob, type Store } from '@satchel/client';
import { randomId, SatchelError } from '@satchel/proto/core';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AvailableFleet, type CandidateProcess, saysItLeads, untilLeads } from './testing/available-fleet.js';
import { noEtcd } from './testing/etcd-process.js';
import { SteadyLoad } from './testing/steady-load.js';

/** Jobs that are there besides when the leader is killed; 10,000 for a measurement. */
const otherJobs = Number(process.env['SATCHEL_TAKEOVER_JOBS'] ?? 200);
/** The lease of the tests' jobs, and the controller's least. */
const leaseSeconds = 5;

describe.skipIf(noEtcd)(`several controllers on etcd${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`, () => {
  let fleet: AvailableFleet;
  let leader: CandidateProcess;
  let follower: CandidateProcess;
  let channel: ControllerChannel;
  beforeEach(async () => {
    fleet = await AvailableFleet.start(2);
    channel = dial(fleet.addresses);
    leader = await fleet.startController(0);
    follower = await fleet.startController(1);
  });
  afterEach(async () => {
    channel.close();
    await fleet.stop();
  });

  const register = (name: string, through = channel) =>
    through.call(through.jobs, through.jobs.registerJob, { name, leaseSeconds: 60, requestId: randomId(16) });
  /** Registers jobs, 64 at a time. */
  async function registerMany(count: number): Promise<void> {
    let left = count;
    const worker = async () => {
      while (left-- > 0) await register('other');
    };
    await Promise.all(Array.from({ length: 64 }, worker));
  }

  const listJobs = async () => (await channel.call(channel.jobs, channel.jobs.listJobs, { ended: true })).jobs;
  const listNodes = async () => (await channel.call(channel.fleet, channel.fleet.listNodes, {})).nodes;

  async function untilNodesUp(count: number): Promise<void> {
    while ((await listNodes()).filter(({ state }) => state === 'up').length < count) await delay(50);
  }

  /** Resolves once the lease is renewed at the controller that leads. */
  async function untilRenewed(job: string): Promise<void> {
    const expires = async () => (await channel.call(channel.jobs, channel.jobs.getJob, { job })).expiresAtMs;
    const first = await expires();
    // A lease that is not renewed is shown to end at the same time, give or take what the controller's clock is read apart.
    while ((await expires()) < first + 500) await delay(50);
  }

  /** Registers jobs one after the other until stopped; resolves to those that were answered, and the longest time one took. */
  function registerAlways(): { stop(): Promise<{ jobs: string[]; longestMs: number }> } {
    let stopped = false;
    const jobs: string[] = [];
    let longestMs = 0;
    const running = (async () => {
      while (!stopped) {
        const beganMs = performance.now();
        jobs.push((await register('steady')).job);
        longestMs = Math.max(longestMs, performance.now() - beganMs);
        await delay(20);
      }
    })();
    return {
      stop: async () => {
        stopped = true;
        await running;
        return { jobs, longestMs };
      },
    };
  }

  /** Puts values of 64 KiB until the quota is used up or `most` are there; returns how many there are. */
  async function fill(store: Store, from: number, most: number): Promise<number> {
    for (let index = from; index < most; index++) {
      try {
        await store.put(`large-${index}`, Buffer.alloc(65_536));
      } catch (error) {
        if (SatchelError.from(error).code === 'quota-exceeded') return index;
        throw error;
      }
    }
    return most;
  }

  it('kill -9 of the leader under load: the follower leads, no lease lapses, no data operation fails', async ({ annotate }) => {
    await Promise.all([fleet.startNode('n1'), fleet.startNode('n2')]);
    await untilNodesUp(2);
    await registerMany(otherJobs);
    let lost: unknown;
    const onLeaseLost = (error: unknown) => {
      lost = error;
    };
    const job = await registerJob({ name: 'held', controller: fleet.addresses, leaseSeconds, capacity: '16MiB', onLeaseLost });
    const filled = await registerJob({ name: 'filled', controller: fleet.addresses, leaseSeconds, capacity: '4MiB' });
    await fill(filled.store, 0, 30);
    const load = new SteadyLoad(job.store);
    const registrations = registerAlways();
    await delay(1000);

    leader.child.kill('SIGKILL');
    const tookMs = await untilLeads(follower);
    await untilNodesUp(2);
    const values = await fill(filled.store, 30, 1000);
    // Longer than the lease: without renewals at the new leader it would lapse.
    await delay(leaseSeconds * 1000 + 1500);
    const { jobs, longestMs } = await registrations.stop();
    const { operations, longestGapMs, failures } = await load.stop();
    await annotate(
      `with ${otherJobs} jobs the follower led after ${tookMs.toFixed(0)} ms; ${operations} data operations, longest gap ${longestGapMs.toFixed(0)} ms; ` +
        `${jobs.length} registrations, the longest ${longestMs.toFixed(0)} ms`,
    );
    expect(failures).toEqual([]);
    expect(lost).toBeUndefined();
    const states = new Map((await listJobs()).map((listed) => [listed.job, listed.state]));
    expect(states.get(job.id)).toBe('active');
    expect(jobs.map((name) => states.get(name))).toEqual(jobs.map(() => 'active'));
    expect(states.size).toBe(jobs.length + 2 + otherJobs);
    // Neither less than the quota, but for what is lost to values that do not fit, nor more.
    expect(values).toBeGreaterThan(50);
    expect(values).toBeLessThanOrEqual(64);
    expect(tookMs).toBeLessThan(15_000);
    expect(longestGapMs).toBeLessThan(tookMs);
    await Promise.all([job.end(), filled.end()]);
  });

  it('a leader that was stopped and wakes up cannot write, and stands by', async () => {
    await fleet.startNode('n1');
    await untilNodesUp(1);
    let lost: unknown;
    const onLeaseLost = (error: unknown) => {
      lost = error;
    };
    const held = await registerJob({ name: 'held', controller: fleet.addresses, leaseSeconds, onLeaseLost });
    const before = await register('before');
    const old = dial(leader.controller);
    await old.call(old.jobs, old.jobs.getJob, { job: before.job });
    leader.child.kill('SIGSTOP');
    const late = register('late', old).catch((error: unknown) => error);
    await untilLeads(follower);
    const after = await register('after');
    await untilRenewed(held.id);
    leader.child.kill('SIGCONT');
    expect(await late).toBeInstanceOf(Error);
    await untilLeads(leader, false);
    expect(await saysItLeads(follower)).toBe(true);
    expect((await listJobs()).map(({ job }) => job).sort()).toEqual([before.job, after.job, held.id].sort());
    expect(lost).toBeUndefined();
    await held.end();
    old.close();
  });

  it('a leader that is told to stop hands over at once, and is back as a standby', async () => {
    expect([leader.role, follower.role]).toEqual(['leader', 'standby']);
    expect([await saysItLeads(leader), await saysItLeads(follower)]).toEqual([true, false]);
    expect(await (await fetch(`http://${follower.http}/metrics`)).text()).toContain('satchel_leader 0');
    expect((await fetch(`http://${follower.http}/healthz`)).ok).toBe(true);
    await fleet.startNode('n1');
    await untilNodesUp(1);
    const { job } = await register('lasting');
    leader.child.kill('SIGTERM');
    expect(await once(leader.child, 'exit')).toEqual([0, null]);
    await untilLeads(follower);
    const satchel = fileURLToPath(new URL('cli/satchel.js', import.meta.url));
    const list = await promisify(execFile)(process.execPath, [satchel, 'job', 'list', '--json', '--controller', fleet.addresses]);
    expect(list.stdout).toContain(`"${job}"`);
    expect((await fleet.startController(0)).role).toBe('standby');
  });
});
