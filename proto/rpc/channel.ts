import {
  type CallOptions,
  type ChannelOptions,
  type Client,
  type ClientUnaryCall,
  credentials,
  type ServiceError,
} from '@grpc/grpc-js';
import type { FleetClient, JobsClient } from '../gen/index.js';
import { loadSchema } from './schema.js';
import { fromServiceError } from './status.js';

type Callback<Response> = (error: ServiceError | null, response?: Response) => void;

/** A unary method of a generated client: the last two of its overloads, from which types are inferred. */
interface Unary<Request, Response> {
  (request: Request, options: CallOptions, callback: Callback<Response>): ClientUnaryCall;
  (request: Request, callback: Callback<Response>): ClientUnaryCall;
}

/** A connection to the controller. */
export interface ControllerChannel {
  readonly address: string;
  readonly jobs: JobsClient;
  readonly fleet: FleetClient;
  /** Calls a unary method, e.g. `call(channel.jobs, channel.jobs.getJob, { job })`; rejects with a SatchelError. */
  call<Request, Response>(
    client: Client,
    method: Unary<Request, Response>,
    request: Request,
    timeoutMs?: number,
  ): Promise<Response>;
  close(): void;
}

const channelOptions: ChannelOptions = {
  // A controller that restarts is found again within a second or two, not after gRPC's two minutes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A list of 100,000 jobs, or the configuration of a node that has as many.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
};

/**
 * Opens a channel to `host:port`; connects on the first call. Calls time out after 10 s unless told. Channels of a process to one
 * address share a connection unless `ownConnection` says otherwise.
 */
export function dial(address: string, { ownConnection = false } = {}): ControllerChannel {
  const schema = loadSchema();
  const options: ChannelOptions = { ...channelOptions, 'grpc.use_local_subchannel_pool': ownConnection ? 1 : 0 };
  const jobs = new schema.Jobs(address, credentials.createInsecure(), options);
  const fleet = new schema.Fleet(address, credentials.createInsecure(), {
    ...options,
    channelOverride: jobs.getChannel(),
  });
  return {
    address,
    jobs,
    fleet,
    call: (client, method, request, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        Reflect.apply(method, client, [
          request,
          { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, response: never) => (error ? reject(fromServiceError(error, address)) : resolve(response)),
        ]);
      }),
    close: () => jobs.close(),
  };
}

/** The controller to talk to: the one given, else SATCHEL_CONTROLLER, else 127.0.0.1:7400. */
export function controllerAddress(given?: string): string {
  return given ?? process.env['SATCHEL_CONTROLLER'] ?? '127.0.0.1:7400';
}
