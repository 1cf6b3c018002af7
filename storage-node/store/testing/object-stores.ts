import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectClient } from '../object/object-client.js';
import { openObjectClient } from '../object/object-uri.js';

/** An object store started for tests. */
export interface TestObjectStore {
  readonly uri: string;
  open(): Promise<ObjectClient>;
  stop(): Promise<void>;
}

/** The whole object of a name, if there is one. */
export async function readWholeObject(client: ObjectClient, name: string): Promise<Buffer | undefined> {
  const bytes = await client.read(name, 0, 1, Buffer.alloc(1), 0);
  if (bytes === undefined) return undefined;
  const value = Buffer.alloc(bytes);
  await client.read(name, 0, bytes, value, 0);
  return value;
}

/** An object store in a folder of its own. */
export async function startFileStore(): Promise<TestObjectStore> {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-objects-'));
  const uri = `file:${join(folder, 'store')}`;
  return { uri, open: () => openObjectClient(uri), stop: async () => rmSync(folder, { recursive: true }) };
}

/** Prints its port once it listens. Pages of listings are continued with tokens that need a cipher of OpenSSL's legacy provider. */
const s3Server = `
  const S3rver = require('s3rver');
  const server = new S3rver({
    port: 0, address: '127.0.0.1', silent: true, directory: process.argv[1], configureBuckets: [{ name: 'satchel-test' }],
  });
  server.run().then(({ port }) => process.stdout.write(String(port)));
  process.stdin.on('end', () => process.exit()).resume();
`;

/** An S3 server in a process of its own, which ends with this one. */
export async function startS3Store(): Promise<TestObjectStore> {
  const directory = mkdtempSync(join(tmpdir(), 'satchel-s3rver-'));
  const server = spawn(process.execPath, ['--no-warnings', '--openssl-legacy-provider', '-e', s3Server, directory], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = Number(String((await once(server.stdout, 'data'))[0]));
  useCredentials('S3RVER', 'S3RVER');
  const uri = `s3://satchel-test?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
  const stop = async (): Promise<void> => {
    const exited = once(server, 'exit');
    server.kill();
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  return { uri, open: () => openObjectClient(uri), stop };
}

/** Sets the credentials that the AWS SDK finds in this process. */
export function useCredentials(id: string, secret: string): void {
  process.env['AWS_ACCESS_KEY_ID'] = id;
  process.env['AWS_SECRET_ACCESS_KEY'] = secret;
}
