import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareEncoding } from './encoding.js';
import { loadSchema } from './schema.js';

const file = fileURLToPath(new URL('../satchel/v1/control.proto', import.meta.url));
const theirs = loadSync(file, { longs: Number, enums: String, defaults: true, oneofs: true });
const { RegisterJob } = theirs['satchel.v1.Jobs'] as ServiceDefinition;
const { Join } = theirs['satchel.v1.Fleet'] as ServiceDefinition;
const ours = loadSchema();

const bytes = fc.maxSafeNat();
const usage = fc.record(
  {
    dram: fc.option(fc.record({ bytes, byteSeconds: fc.double({ noNaN: true }) })),
    requests: bytes,
    objects: bytes,
  },
  { requiredKeys: [] },
);
const heartbeat = fc.record({
  heartbeat: fc.record({
    atMs: fc.double({ noNaN: true }),
    node: fc.option(fc.record({ dramUsedBytes: bytes, cpu: fc.double({ noNaN: true }) })),
    jobs: fc.array(fc.record({ job: fc.string({ unit: 'binary' }), shard: fc.nat(), incarnation: fc.nat(), usage })),
  }),
});

test('messages are encoded as the loader would', () => {
  fc.assert(
    fc.property(heartbeat, (message) => {
      expect(ours.Fleet.service.Join.requestSerialize(message)).toEqual(Join?.requestSerialize(message));
    }),
  );
  const hints = fc.record({ capacityBytes: bytes, functions: fc.nat(), latencySensitive: fc.boolean() }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.record({ name: fc.string(), hints, leaseSeconds: fc.nat() }, { requiredKeys: [] }), (message) => {
      expect(ours.Jobs.service.RegisterJob.requestSerialize(message)).toEqual(RegisterJob?.requestSerialize(message));
    }),
  );
});

test('a message that goes to many is encoded once', () => {
  const { responseSerialize } = ours.Fleet.service.Join;
  const message = shareEncoding({ directory: { version: 7, shards: [] } });
  expect(responseSerialize(message)).toBe(responseSerialize(message));
  const other = { directory: { version: 7, shards: [] } };
  expect(responseSerialize(other)).toEqual(responseSerialize(message));
  expect(responseSerialize(other)).not.toBe(responseSerialize(other));
});
