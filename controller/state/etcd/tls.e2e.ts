import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dial } from '@satchel/proto/rpc';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ControllerProcess, startControllerProcess } from '../../testing/controller-process.js';
import { type EtcdProcess, noEtcd, startEtcdWithTls } from '../../testing/etcd-process.js';
import { FakeNode } from '../../testing/fake-node.js';

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? undefined : 'certificates are made by openssl';
const why = noEtcd ?? noOpenssl;

describe.skipIf(why)(`etcd with TLS and certificates of its clients${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-etcd-tls-'));
  const file = (name: string) => join(folder, name);
  let etcd: EtcdProcess;
  let running: ControllerProcess[] = [];

  /** An authority, or with `by` what an authority signs. */
  function makeCertificate(name: string, by?: string): void {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', `/CN=${name}`];
    const uses = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth,clientAuth'];
    const extensions = [...uses, 'subjectAltName=DNS:localhost,IP:127.0.0.1'].flatMap((text) => ['-addext', text]);
    const signed = by === undefined ? [] : ['-CA', file(`${by}.pem`), '-CAkey', file(`${by}.key`), ...extensions];
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', ...kind, ...signed, ...files], { stdio: 'ignore' });
  }

  beforeAll(async () => {
    for (const authority of ['ca', 'stranger']) makeCertificate(authority);
    for (const name of ['etcd', 'controller']) makeCertificate(name, 'ca');
    makeCertificate('foreigner', 'stranger');
    etcd = await startEtcdWithTls({ ca: file('ca.pem'), cert: file('etcd.pem'), key: file('etcd.key') });
  });
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    running = [];
  });
  afterAll(async () => {
    await etcd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(query: string, scheme = 'etcds'): Promise<ControllerProcess> {
    const state = `${scheme}://${etcd.address}/fleet${query}`;
    const controller = await startControllerProcess(['--state', state, '--port', '0', '--http-port', '0']);
    running.push(controller);
    return controller;
  }

  const shown = (ca: string, name: string) => `?ca=${file(`${ca}.pem`)}&cert=${file(`${name}.pem`)}&key=${file(`${name}.key`)}`;
  const leads = async ({ ready }: ControllerProcess) => (await fetch(`http://${ready.http}/leader`)).ok;

  it('a controller keeps its state there, and another takes over all of it when it is killed', async () => {
    const first = await start(shown('ca', 'controller'));
    const second = await start(shown('ca', 'controller'));
    expect(await Promise.all([leads(first), leads(second)])).toEqual([true, false]);
    const node = new FakeNode(first.ready.controller, 'n1');
    await node.join();
    const channel = dial(first.ready.controller);
    const { job } = await channel.call(channel.jobs, channel.jobs.registerJob, { name: 'sort', leaseSeconds: 60 });
    first.child.kill('SIGKILL');
    node.leave();
    channel.close();
    await expect.poll(() => leads(second), { timeout: 15_000, interval: 50 }).toBe(true);
    const next = dial(second.ready.controller);
    expect((await next.call(next.jobs, next.jobs.listJobs, {})).jobs).toMatchObject([{ job, state: 'active' }]);
    next.close();
  });

  const wantsCertificate =
    /cannot be read: .* etcd wants a certificate of its clients that an authority of its own signed; give \?cert/;
  const notVouchedFor = /cannot be read: .* is not vouched for; give the file of its authority as \?ca=FILE/;
  it.each([
    ['without a certificate', () => `?ca=${file('ca.pem')}`, wantsCertificate],
    ['with one of another authority', () => shown('ca', 'foreigner'), wantsCertificate],
    ['that does not trust the authority of etcd', () => shown('stranger', 'controller'), notVouchedFor],
    ['that knows the well-known authorities only', () => '', notVouchedFor],
    ['whose certificate is not there', () => `?ca=${file('nope.pem')}`, /etcd: ENOENT.*nope\.pem': the file is named in --state/],
  ])('a controller %s is refused, and told why', async (_kind, query, message) => {
    await expect(start(query())).rejects.toThrow(message);
  });

  it('a controller that does not talk TLS is refused, and told why', async () => {
    await expect(start('', 'etcd')).rejects.toThrow(
      /cannot be read: .*: is etcd there, and etcds:\/\/ or etcd:\/\/ what it talks\?/,
    );
  });
});
