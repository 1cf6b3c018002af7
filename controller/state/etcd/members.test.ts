import { systemClock } from '@satchel/proto/core';
import { Etcd3 } from 'etcd3';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EtcdProcess, noEtcd, startEtcd, startEtcdMembers } from '../../testing/etcd-process.js';
import { grantRecord } from '../../testing/state-store-suite.js';
import type { Candidate, Leadership } from '../candidate.js';
import { parseEtcdUri } from './address.js';
import { openEtcdCandidate } from './candidate.js';

describe.skipIf(noEtcd)(`an etcd of three members${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`, () => {
  let members: EtcdProcess[];
  let candidate: Candidate;
  let leadership: Leadership;
  beforeEach(async () => {
    members = await startEtcdMembers(3);
    const uri = `etcd://${members.map(({ address }) => address).join(',')}/members`;
    // Long enough for an election among the members on a busy machine.
    const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 10, name: 'c' };
    candidate = await openEtcdCandidate(parseEtcdUri(uri), options);
    const first = await candidate.campaign();
    if (first === undefined) throw new Error('closed');
    leadership = first;
  });
  afterEach(async () => {
    await candidate.close();
    await Promise.all(members.map((member) => member.stop()));
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)('goes on when one of them gets %s, and so does the leader', async (signal) => {
    const { store, leads } = leadership;
    const commit = (quotaBytes: number) =>
      store.commit([{ collection: 'grants', key: 'a', value: grantRecord('a', quotaBytes) }]);
    for (let quotaBytes = 1; quotaBytes <= 20; quotaBytes++) {
      if (quotaBytes === 5) members[0]?.child.kill(signal);
      await commit(quotaBytes);
    }
    expect(leads()).toBe(true);
    expect(store.all('grants')).toEqual([grantRecord('a', 20)]);
  });
});

it.skipIf(noEtcd)('an etcd that is full refuses changes with its reason, and what is there stays', async () => {
  const etcd = await startEtcd(['--quota-backend-bytes', String(4 * 1024 * 1024)]);
  const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 10, name: 'c' };
  const candidate = await openEtcdCandidate(parseEtcdUri(`etcd://${etcd.address}`), options);
  const leadership = await candidate.campaign();
  const large = { ...grantRecord('a', 1), job: 'x'.repeat(500_000) };
  let kept = 0;
  let error: unknown;
  while (error === undefined && kept < 100) {
    try {
      await leadership?.store.commit([{ collection: 'grants', key: `job-${kept}`, value: large }]);
      kept++;
    } catch (thrown) {
      error = thrown;
    }
  }
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('database space exceeded') });
  expect(leadership?.leads()).toBe(true);
  expect(leadership?.store.all('grants')).toHaveLength(kept);
  await leadership?.end();
  await candidate.close();
  await etcd.stop();
});

it.skipIf(noEtcd)('an etcd that asks who is there is told, and its refusal is an error', async () => {
  const etcd = await startEtcd();
  const admin = new Etcd3({ hosts: etcd.address });
  await admin.user('root').create('secret');
  await admin.role('root').create();
  await admin.user('root').addRole('root');
  await admin.auth.authEnable();
  const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 10, name: 'c' };
  for (const login of ['', 'root:wrong@']) {
    const refused = openEtcdCandidate(parseEtcdUri(`etcd://${login}${etcd.address}`), options);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', message: expect.not.stringContaining('wrong') });
  }
  const candidate = await openEtcdCandidate(parseEtcdUri(`etcd://root:secret@${etcd.address}`), options);
  const leadership = await candidate.campaign();
  await leadership?.store.commit([{ collection: 'grants', key: 'a', value: grantRecord('a', 1) }]);
  expect(leadership?.leads()).toBe(true);
  await candidate.close();
  admin.close();
  await etcd.stop();
});

it('a file of a certificate that is not there is named', async () => {
  const address = parseEtcdUri('etcds://127.0.0.1:1?ca=/nowhere/ca.crt');
  const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 10, name: 'c' };
  await expect(openEtcdCandidate(address, options)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('/nowhere/ca.crt'),
  });
});
