import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { describe, test } from 'vitest';
import { type TestObjectStore, useCredentials } from '../testing/object-stores.js';
import { describeObjectClient } from './object-client-contract.js';
import { openObjectClient } from './object-uri.js';

async function whyNoDocker(): Promise<string | undefined> {
  try {
    await getContainerRuntimeClient();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** MinIO in a container, with one bucket: a folder of its data folder is one. */
async function startMinio(): Promise<TestObjectStore> {
  const container = await new GenericContainer('minio/minio')
    .withEntrypoint(['sh', '-c'])
    .withCommand(['mkdir -p /data/satchel-test && minio server /data'])
    .withEnvironment({ MINIO_ROOT_USER: 'satchel', MINIO_ROOT_PASSWORD: 'satchel-secret' })
    .withExposedPorts(9000)
    .withWaitStrategy(Wait.forHttp('/minio/health/ready', 9000))
    .start();
  useCredentials('satchel', 'satchel-secret');
  const uri = `s3://satchel-test?endpoint=http://${container.getHost()}:${container.getMappedPort(9000)}&region=us-east-1`;
  return { uri, open: () => openObjectClient(uri), stop: async () => void (await container.stop()) };
}

const missing = await whyNoDocker();
if (missing === undefined) describeObjectClient('MinIO', startMinio);
else describe('MinIO', () => test.skip(`needs Docker: ${missing}`, () => {}));
