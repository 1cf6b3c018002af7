import { connect, type Store } from '@satchel/client';
import { SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import type { SubjectChoice } from '../../subjects.js';
import { serveWorker } from '../../worker.js';

/** Waits for a value. */
type Receive = (key: string) => Promise<Buffer>;

let receive: Receive | undefined;
let arrival: Promise<number> | undefined;

function satchelReceive(store: Store): Receive {
  return (key) => store.waitFor(key);
}

function redisReceive(redis: Redis): Receive {
  return async (key) => (await redis.blpopBuffer(key, 0))?.[1] ?? Buffer.alloc(0);
}

/** Functions of the process that waits for values in which the sender wrote when it put them. */
const functions = {
  open: async (choice: SubjectChoice): Promise<void> => {
    if (choice.kind === 'satchel') {
      const { url, socketDir, local } = choice;
      receive = satchelReceive(await connect(url, { socketDir, local: local ? 'auto' : 'off' }));
    } else
      receive = redisReceive(
        new Redis(choice.path === undefined ? { host: choice.host, port: choice.port } : { path: choice.path }),
      );
  },
  /** Begins to wait for a key; resolves once the wait is on its way. */
  arm: async (key: string): Promise<void> => {
    arrival = receive?.(key).then((value) => Number(process.hrtime.bigint() - value.readBigUInt64LE()));
    arrival?.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  },
  /** Nanoseconds from the put to the value's arrival here. */
  arrived: async (_: undefined): Promise<number> => {
    if (arrival === undefined) throw new SatchelError('internal', 'nothing is awaited');
    return arrival;
  },
};
export type ReceiverFunctions = typeof functions;

serveWorker(functions);
