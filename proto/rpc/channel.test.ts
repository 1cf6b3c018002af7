import type { handleUnaryCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SatchelError } from '../core/index.js';
import { parseControllerAddresses } from './addresses.js';
import { type ControllerChannel, dial } from './channel.js';
import { loadSchema } from './schema.js';
import { type ServerHandle, serve } from './serve.js';
import { notLeading, toServiceError } from './status.js';

type GetPublicKey = handleUnaryCall<unknown, { publicKeyJwk: string }>;

let servers: ServerHandle[];
let channel: ControllerChannel | undefined;
beforeEach(() => {
  servers = [];
  channel = undefined;
});
afterEach(async () => {
  channel?.close();
  await Promise.all(servers.map((server) => server.close(0)));
});

async function serveKey(answer: GetPublicKey, port = 0): Promise<ServerHandle> {
  const server = await serve(
    [{ definition: loadSchema().Fleet.service, implementation: { GetPublicKey: answer } }],
    '127.0.0.1',
    port,
  );
  servers.push(server);
  return server;
}

const named =
  (name: string): GetPublicKey =>
  (_, callback) =>
    callback(null, { publicKeyJwk: name });

/** A port that was free a moment ago. */
async function unusedPort(): Promise<number> {
  const server = await serve([], '127.0.0.1', 0);
  await server.close(0);
  return server.port;
}

function dialPorts(...ports: readonly number[]): ControllerChannel {
  channel = dial(ports.map((port) => `127.0.0.1:${port}`).join(','));
  return channel;
}

const keyOf = async ({ call, fleet }: ControllerChannel, timeoutMs?: number) =>
  (await call(fleet, fleet.getPublicKey, {}, timeoutMs)).publicKeyJwk;

describe('a channel to several controllers', () => {
  it('finds the one that listens, wherever it is in the list', async () => {
    const leader = await serveKey(named('leader'));
    expect(await keyOf(dialPorts(await unusedPort(), leader.port, await unusedPort()))).toBe('leader');
  });

  it('follows when another listens instead', async () => {
    const first = await serveKey(named('first'));
    const port = await unusedPort();
    const both = dialPorts(first.port, port);
    expect(await keyOf(both)).toBe('first');
    await first.close(0);
    const call = keyOf(both);
    await serveKey(named('second'), port);
    expect(await call).toBe('second');
  });

  it('waits for one to lead, and says in time that none does', async () => {
    const [one, other] = [await unusedPort(), await unusedPort()];
    const both = dialPorts(one, other);
    const error: SatchelError = await keyOf(both, 300).catch((thrown) => thrown);
    expect(error.code).toBe('timeout');
    expect(error.message).toContain(`127.0.0.1:${one},127.0.0.1:${other}`);
  });

  it('asks again where a controller has ceased to lead, and not where it refuses', async () => {
    let asked = 0;
    const server = await serveKey((_, callback) => {
      if (asked++ === 0) callback(notLeading());
      else callback(toServiceError(Object.assign(new Error('full'), { code: 'unavailable' })));
    });
    await expect(keyOf(dialPorts(await unusedPort(), server.port))).rejects.toThrow('full');
    expect(asked).toBe(2);
  });

  it('by one name that has no address is an error that names it', async () => {
    channel = dial('nowhere.invalid:1,nowhere-else.invalid:1');
    await expect(keyOf(channel, 500)).rejects.toMatchObject({ message: expect.stringContaining('nowhere.invalid:1') });
  });
});

it('a single controller that is away is an error at once', async () => {
  const alone = dialPorts(await unusedPort());
  await expect(keyOf(alone)).rejects.toMatchObject({ code: 'unavailable' });
});

it.each([
  ['127.0.0.1:7400', [{ host: '127.0.0.1', port: 7400 }]],
  [
    'a.b:1,[::1]:2',
    [
      { host: 'a.b', port: 1 },
      { host: '::1', port: 2 },
    ],
  ],
])('addresses of controllers are read: %s', (text, expected) => expect(parseControllerAddresses(text)).toEqual(expected));

it.each(['', 'host', 'host:', 'host:x', 'a:1,', 'a:1,b', 'a:70000', 'http://a:1'])(
  'what is no address of a controller is refused: %j',
  (text) => expect(() => parseControllerAddresses(text)).toThrow(expect.objectContaining({ code: 'invalid-argument' })),
);
