import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** An S3 server with one bucket, on loopback. */
export interface S3Server {
  /** As `--object` takes it. */
  readonly uri: string;
  readonly credentials: NodeJS.ProcessEnv;
  /** Keys of the objects in the bucket. */
  keys(): Promise<string[]>;
  stop(): Promise<void>;
}

/** The part of s3rver used here; the package brings no types. */
type S3rver = new (options: Record<string, unknown>) => { run(): Promise<AddressInfo>; close(): Promise<void> };

const S3rver = createRequire(import.meta.url)('s3rver') as S3rver;
const bucket = 'satchel';

/** Starts it on a free port with its files below `parent`. */
export async function startS3(parent: string): Promise<S3Server> {
  const directory = mkdtempSync(join(parent, 's3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  return {
    uri: `s3://${bucket}?endpoint=http://127.0.0.1:${port}&region=us-east-1`,
    credentials: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    keys: async () =>
      readdirSync(join(directory, bucket), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('._S3rver_object'))
        .map((entry) => entry.name),
    stop: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
