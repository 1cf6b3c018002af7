import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { SatchelError } from '../core/index.js';

/** A gRPC server that listens. */
export interface ServerHandle {
  readonly port: number;
  /** Lets calls finish for `graceMs` (default 500), then ends them. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** Serves implementations on `host:port`; port 0 picks a free one. Rejects with `unavailable` if the port is taken. */
export function serve(
  services: readonly { definition: ServiceDefinition; implementation: UntypedServiceImplementation }[],
  host: string,
  port: number,
): Promise<ServerHandle> {
  // Nobody reads gRPC's own statistics of every call, which take a tenth of a call's time.
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024, 'grpc.enable_channelz': 0 });
  for (const { definition, implementation } of services) server.addService(definition, implementation);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) {
        reject(new SatchelError('unavailable', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
        return;
      }
      resolve({ port: bound, close: (graceMs = 500) => closeServer(server, graceMs) });
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
