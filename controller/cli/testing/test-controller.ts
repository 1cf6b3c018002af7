import type { ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import { SatchelError } from '@satchel/proto/core';
import type { Allocation, Job, Node } from '@satchel/proto/gen';
import { loadSchema, type ServerHandle, serve, toServiceError } from '@satchel/proto/rpc';

/** Answers of unary methods by name, e.g. `getJob`; one that throws answers with that error. */
export type Answers = Record<string, () => object>;

/** A gRPC server with the control API's methods, each answered as the test says; keeps the requests. */
export interface TestController {
  readonly address: string;
  readonly requests: { readonly method: string; readonly request: unknown }[];
  close(): Promise<void>;
}

/** Starts a test controller on a free port; a method without an answer is refused. */
export async function startTestController(answers: Answers): Promise<TestController> {
  const schema = loadSchema();
  const requests: { method: string; request: unknown }[] = [];
  const handler = (method: string) => (call: ServerUnaryCall<unknown, object>, reply: sendUnaryData<object>) => {
    requests.push({ method, request: call.request });
    try {
      const answer = answers[method];
      if (!answer) throw new SatchelError('internal', `the test has no answer for ${method}`);
      reply(null, answer());
    } catch (error) {
      reply(toServiceError(error));
    }
  };
  const implement = (methods: readonly string[]): UntypedServiceImplementation =>
    Object.fromEntries(methods.map((name) => [name, handler(name)]));
  const server: ServerHandle = await serve(
    [
      { definition: schema.Jobs.service, implementation: implement(jobMethods) },
      {
        definition: schema.Fleet.service,
        implementation: implement(['listNodes', 'drainNode', 'undrainNode', 'removeNode', 'listDecisions']),
      },
    ],
    '127.0.0.1',
    0,
  );
  return { address: `127.0.0.1:${server.port}`, requests, close: () => server.close(0) };
}

const jobMethods = [
  'registerJob',
  'renewJob',
  'endJob',
  'getJob',
  'listJobs',
  'scaleJob',
  'planJob',
  'beginStage',
  'renewStage',
  'endStage',
  'listStages',
  'getReceipt',
  'setNamespace',
  'listNamespaces',
];

export const sampleAllocation: Allocation = {
  dramBytes: 2 ** 30,
  ssdBytes: 2 ** 31,
  objectBytes: 0,
  throughputBytesPerSecond: 100 * 2 ** 20,
  tiers: ['dram', 'ssd'],
  quotaBytes: 3 * 2 ** 30,
  dollarsPerHour: 0.0125,
  shares: [{ shard: 7, node: 'node-1', slots: 16384, dramBytes: 2 ** 30 }],
};

export const sampleJob: Job = {
  job: 'sort-abc',
  name: 'sort',
  namespace: 'default',
  state: 'active',
  hints: { capacityBytes: 3 * 2 ** 30, functions: 8 },
  allocation: sampleAllocation,
  reasons: [{ field: 'capacity', value: '3 GiB', because: 'the hint says so' }],
  leaseSeconds: 60,
  createdAtMs: 1_700_000_000_000,
  expiresAtMs: 4_000_000_000_000,
  slotMap: {
    job: 'sort-abc',
    epoch: 1,
    ranges: [{ start: 0, shard: 7 }],
    shards: [{ shard: 7, node: 'node-1', host: '127.0.0.1', endpointPort: 7500, directPort: 7501, state: 'up' }],
  },
  usage: {
    dram: { bytes: 2 ** 20, byteSeconds: 2 ** 30 * 3600 },
    bytesIn: 5 * 2 ** 20,
    requests: 1234,
    objects: 3,
    peakBytes: 2 ** 21,
    dollars: 0.000123,
  },
};

export const sampleNode: Node = {
  node: 'node-1',
  host: '127.0.0.1',
  state: 'up',
  shards: [{ shard: 7, node: 'node-1', host: '127.0.0.1', endpointPort: 7500, directPort: 7501, state: 'up' }],
  dramBytes: 2 ** 30,
  ssdBytes: 2 ** 33,
  usage: { dramUsedBytes: 2 ** 20, cpu: 0.5 },
  jobs: 1,
};
