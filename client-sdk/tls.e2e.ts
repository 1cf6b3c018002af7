import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ScriptedCluster } from './testing/scripted-server.js';

const entry = new URL('./dist/index.js', import.meta.url).href;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

// Certificates are made by openssl: without it there is nothing to connect with.
describe.skipIf(!hasOpenssl)('rediss://', () => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-tls-'));
  const certificate = join(folder, 'certificate.pem');
  let cluster: ScriptedCluster;
  let proxy: Server;
  let connections = 0;

  beforeAll(async () => {
    const key = join(folder, 'key.pem');
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    cluster = await ScriptedCluster.start();
    proxy = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (outside) => {
      connections++;
      const inside = connect(cluster.shards[0]?.endpointPort ?? 0, '127.0.0.1');
      pipeline(outside, inside, outside, () => {});
    });
    proxy.on('tlsClientError', () => {});
    await once(proxy.listen(0), 'listening');
  });
  afterAll(async () => {
    await cluster?.stop();
    proxy?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script with a store on the proxy in a process that trusts `trusted`; resolves to what it printed. */
  async function run(host: string, trusted: string, script: string): Promise<unknown> {
    const url = `rediss://job-1:token@${host}:${(proxy.address() as AddressInfo).port}`;
    const source = `import { connect } from '${entry}'; const store = connect('${url}', { unavailableMs: 500 });
      const print = (value) => process.stdout.write(JSON.stringify(value)); ${script}`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted, SATCHEL_SOCKET_DIR: '' };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (data: Buffer) => {
      printed += data;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    return JSON.parse(printed);
  }

  test.each(['localhost', '127.0.0.1'])(
    'values of every size, waits and many calls at once go through TLS to %s',
    async (host) => {
      const before = connections;
      const script = `
      const sizes = [0, 1, 1000, 16384, 65536, 1048576, 3 * 1048576 + 7];
      const values = sizes.map((size) => Buffer.alloc(size, String(size)));
      await Promise.all(values.map((value, index) => store.put('v' + index, value)));
      const got = await Promise.all(values.map((_, index) => store.get('v' + index)));
      const wait = store.waitFor('later', { as: 'text' });
      const keys = Array.from({ length: 2000 }, (_, index) => 'k' + index);
      await Promise.all(keys.map((key) => store.put(key, key)));
      const texts = await Promise.all(keys.map((key) => store.get(key, { as: 'text' })));
      await store.put('later', 'here');
      print([values.every((value, index) => value.equals(got[index])), texts.every((text, index) => text === keys[index]), await wait]);`;
      expect(await run(host, certificate, script)).toEqual([true, true, 'here']);
      expect(connections - before).toBe(1);
    },
  );

  test('a server whose certificate is not trusted gets no token, and the error says why', async () => {
    const seen = cluster.seen.length;
    const refused = await run('localhost', '', `await store.get('k').catch(({ code, message }) => print([code, message]));`);
    expect(refused).toEqual(['unavailable', expect.stringMatching(/certificate/)]);
    expect(cluster.seen.length).toBe(seen);
  });
});
