import { systemClock } from '@satchel/proto/core';
import { pino } from 'pino';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { testStateStore } from '../../testing/state-store-suite.js';
import type { Candidate } from '../candidate.js';
import { parseEtcdUri } from './address.js';
import { openEtcdCandidate } from './candidate.js';

async function whyNoContainers(): Promise<string | undefined> {
  try {
    await getContainerRuntimeClient();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const missing = await whyNoContainers();

describe.skipIf(missing)(`etcd 3.5 in a container${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let container: StartedTestContainer;
  let candidate: Candidate | undefined;
  let prefix = 0;
  beforeAll(async () => {
    container = await new GenericContainer('quay.io/coreos/etcd:v3.5.21')
      .withCommand(['etcd', '--listen-client-urls', 'http://0.0.0.0:2379', '--advertise-client-urls', 'http://0.0.0.0:2379'])
      .withExposedPorts(2379)
      .withWaitStrategy(Wait.forHttp('/health', 2379))
      .start();
  });
  afterAll(async () => void (await container.stop()));
  afterEach(() => candidate?.close());

  describe('as every one', () =>
    testStateStore(async () => {
      const address = parseEtcdUri(`etcd://${container.getHost()}:${container.getMappedPort(2379)}/test/${prefix++}`);
      const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 5, name: 'c' };
      candidate = await openEtcdCandidate(address, options);
      const leadership = await candidate.campaign();
      if (leadership === undefined) throw new Error('closed');
      return leadership.store;
    }));
});
