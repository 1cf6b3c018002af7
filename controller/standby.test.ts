import { systemClock } from '@satchel/proto/core';
import { dial } from '@satchel/proto/rpc';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { staticScaling } from './autoscaler/scaling.js';
import { type RunningCandidate, startCandidate } from './standby.js';
import type { Candidate, Leadership } from './state/candidate.js';
import { MemoryStateStore } from './state/memory.js';

/** A candidate that leads when the test says so. */
class TestCandidate implements Candidate {
  readonly store = new MemoryStateStore();
  named: string | undefined = 'another';
  ended = 0;
  #elected: (leadership: Leadership | undefined) => void = () => {};
  #lose: () => void = () => {};

  campaign(): Promise<Leadership | undefined> {
    return new Promise((resolve) => {
      this.#elected = resolve;
    });
  }

  leader(): string | undefined {
    return this.named;
  }

  async close(): Promise<void> {
    this.#elected(undefined);
  }

  elect(): void {
    let leads = true;
    const lost = new Promise<string>((resolve) => {
      this.#lose = () => {
        leads = false;
        resolve('the test says so');
      };
    });
    const end = async () => {
      this.ended++;
    };
    this.#elected({ store: this.store, lost, leads: () => leads, end });
  }

  depose(): void {
    this.#lose();
  }
}

describe('one of several controllers', () => {
  let candidate: TestCandidate;
  let running: RunningCandidate;
  beforeEach(async () => {
    candidate = new TestCandidate();
    const leases = { defaultMs: 60_000, leastMs: 5000, mostMs: 3_600_000 };
    const config = { host: '127.0.0.1', port: 0, httpPort: 0, objectUri: undefined, leases, scaling: staticScaling };
    running = await startCandidate(config, { candidate, log: pino({ level: 'silent' }), clock: systemClock });
  });
  afterEach(() => running.close());

  const status = async (path: string) => (await fetch(`http://127.0.0.1:${running.httpPort}${path}`)).status;

  async function until(role: 'leader' | 'standby'): Promise<void> {
    while ((await status('/leader')) !== (role === 'leader' ? 200 : 503)) await new Promise(setImmediate);
  }

  async function answers(): Promise<boolean> {
    const channel = dial(`127.0.0.1:${running.port}`);
    const answer = channel.call(channel.fleet, channel.fleet.listNodes, {}).then(
      () => true,
      () => false,
    );
    return answer.finally(() => channel.close());
  }

  it('has pages but no control API while another leads', async () => {
    expect(running.role()).toBe('standby');
    expect([await status('/healthz'), await status('/metrics'), await status('/leader'), await status('/')]).toEqual([
      200, 200, 503, 200,
    ]);
    expect(await answers()).toBe(false);
  });

  it('serves on the same port each time it leads, with the state of the time before', async () => {
    const keys: string[] = [];
    for (let term = 1; term <= 3; term++) {
      candidate.elect();
      await until('leader');
      expect(running.role()).toBe('leader');
      const channel = dial(`127.0.0.1:${running.port}`);
      keys.push((await channel.call(channel.fleet, channel.fleet.getPublicKey, {})).publicKeyJwk);
      channel.close();
      candidate.depose();
      await until('standby');
      while (candidate.ended < term) await new Promise(setImmediate);
      expect(await answers()).toBe(false);
    }
    expect(new Set(keys).size).toBe(1);
  });

  it('gives leadership up when it is closed', async () => {
    candidate.elect();
    await until('leader');
    await running.close();
    expect(candidate.ended).toBe(1);
    expect(await answers()).toBe(false);
  });

  it('is refused a port that is taken', async () => {
    candidate.elect();
    await until('leader');
    const leases = { defaultMs: 60_000, leastMs: 5000, mostMs: 3_600_000 };
    const config = { host: '127.0.0.1', port: running.port, httpPort: 0, objectUri: undefined, leases, scaling: staticScaling };
    await expect(
      startCandidate(config, { candidate: new TestCandidate(), log: pino({ level: 'silent' }) }),
    ).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
