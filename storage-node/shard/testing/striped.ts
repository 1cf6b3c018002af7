import { randomBytes } from 'node:crypto';
import { chunkCount, chunkKey, chunkLength } from '@satchel/proto/core';
import type { TestClient } from './test-fleet.js';

/** Bytes of the chunks that tests make. */
export const testChunkBytes = 4096;

export function newVersion(): string {
  return randomBytes(12).toString('base64url');
}

/** Writes the chunks of a value through an endpoint, as the SDK would; returns the version. */
export async function putChunks(
  client: TestClient,
  key: string,
  value: Buffer,
  version = newVersion(),
  tier = 'dram',
): Promise<string> {
  const stripe = { version, size: value.length, chunkBytes: testChunkBytes };
  await Promise.all(
    Array.from({ length: chunkCount(stripe) }, async (_, index) => {
      const start = index * testChunkBytes;
      const chunk = value.subarray(start, start + chunkLength(stripe, index));
      const reply = await client.call(
        'SATCHEL.STRIPEPUT',
        chunkKey({ version, index, key: Buffer.from(key) }),
        chunk,
        'TIER',
        tier,
      );
      if (reply !== 'OK') throw new Error(String(reply));
    }),
  );
  return version;
}

/** Stores a striped object; returns the reply to its completion. */
export async function putStriped(client: TestClient, key: string, value: Buffer, ...options: string[]): Promise<unknown> {
  const version = await putChunks(client, key, value);
  return client.call('SATCHEL.STRIPECOMMIT', key, version, value.length, testChunkBytes, ...options);
}
