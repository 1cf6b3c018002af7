import {
  type CallOptions,
  type ChannelOptions,
  type Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { FleetClient, JobsClient } from '../gen/index.js';
import { targetOf } from './address-resolver.js';
import { loadSchema } from './schema.js';
import { fromServiceError, isLost } from './status.js';

type Callback<Response> = (error: ServiceError | null, response?: Response) => void;

/** A unary method of a generated client: the last two of its overloads, from which types are inferred. */
interface Unary<Request, Response> {
  (request: Request, options: CallOptions, callback: Callback<Response>): ClientUnaryCall;
  (request: Request, callback: Callback<Response>): ClientUnaryCall;
}

/** A connection to the controller. */
export interface ControllerChannel {
  /** As given: of one controller or of several. */
  readonly address: string;
  readonly jobs: JobsClient;
  readonly fleet: FleetClient;
  /**
   * Calls a unary method, e.g. `call(channel.jobs, channel.jobs.getJob, { job })`; rejects with a SatchelError. With the addresses of several
   * controllers it waits, within its time, for one that leads, and is repeated if the connection broke: every unary method may be.
   */
  call<Request, Response>(
    client: Client,
    method: Unary<Request, Response>,
    request: Request,
    timeoutMs?: number,
  ): Promise<Response>;
  close(): void;
}

const channelOptions: ChannelOptions = {
  // Statistics of every call that nobody reads.
  'grpc.enable_channelz': 0,
  // A controller that restarts is found again within a second or two, not after gRPC's two minutes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A list of 100,000 jobs, or the configuration of a node that has as many.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
};

/**
 * Of several controllers one that does not answer is left well within the shortest lease of a job, for the one that leads instead. Pings are
 * sent only while a call is under way.
 */
const severalOptions: ChannelOptions = {
  ...channelOptions,
  'grpc.max_reconnect_backoff_ms': 300,
  'grpc.keepalive_time_ms': 800,
  'grpc.keepalive_timeout_ms': 1500,
};

/** Pause before a call is repeated. */
const repeatMs = 100;

/**
 * Opens a channel to `host:port`, or to the one that leads of `h1:p1,h2:p2`; connects on the first call. Calls time out after 10 s unless
 * told. Channels of a process to one address share a connection unless `ownConnection` says otherwise.
 */
export function dial(address: string, { ownConnection = false } = {}): ControllerChannel {
  const schema = loadSchema();
  const target = targetOf(address);
  const several = target !== address;
  const pool = ownConnection ? { 'grpc.use_local_subchannel_pool': 1 } : {};
  const options: ChannelOptions = { ...(several ? severalOptions : channelOptions), ...pool };
  const jobs = new schema.Jobs(target, credentials.createInsecure(), options);
  const fleet = new schema.Fleet(target, credentials.createInsecure(), { ...options, channelOverride: jobs.getChannel() });
  return {
    address,
    jobs,
    fleet,
    call: async (client, method, request, timeoutMs = 10_000) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const outcome = await callOnce(client, method, request, deadline, several);
        if (outcome.kind === 'done') return outcome.response;
        if (!several || !isLost(outcome.error) || Date.now() + repeatMs >= deadline)
          throw fromServiceError(outcome.error, address);
        await new Promise((resolve) => setTimeout(resolve, repeatMs));
      }
    },
    close: () => jobs.close(),
  };
}

type Outcome<Response> =
  | { readonly kind: 'done'; readonly response: Response }
  | { readonly kind: 'failed'; readonly error: ServiceError };

function callOnce<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: Request,
  deadline: number,
  waitForReady: boolean,
): Promise<Outcome<Response>> {
  return new Promise((resolve) => {
    const metadata = new Metadata({ waitForReady });
    const done = (error: ServiceError | null, response: Response) => {
      resolve(error ? { kind: 'failed', error } : { kind: 'done', response });
    };
    Reflect.apply(method, client, [request, metadata, { deadline }, done]);
  });
}
