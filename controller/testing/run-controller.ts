import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { pino } from 'pino';
import { type RunningController, startController } from '../controller.js';
import { MemoryStateStore } from '../state/memory.js';
import type { StateStore } from '../state/state-store.js';
import { FakeClock } from './fake-clock.js';

/** A controller in this process on free ports, its clock, and a channel to it. */
export interface TestController {
  readonly controller: RunningController;
  readonly clock: FakeClock;
  readonly channel: ControllerChannel;
  readonly address: string;
  readonly store: StateStore;
  close(): Promise<void>;
}

/** Starts one; its clock stands still until told. */
export async function runController(
  store: StateStore = new MemoryStateStore(),
  clock: FakeClock = new FakeClock(),
  leads: () => boolean = () => true,
): Promise<TestController> {
  const leases = { defaultMs: 60_000, leastMs: 5000, mostMs: 24 * 3600 * 1000 };
  const config = { host: '127.0.0.1', port: 0, httpPort: 0, objectUri: undefined, leases };
  const controller = await startController(config, { store, log: pino({ level: 'silent' }), clock, leads });
  const address = `127.0.0.1:${controller.port}`;
  const channel = dial(address);
  const close = async () => {
    channel.close();
    await controller.close();
  };
  return { controller, clock, channel, address, store, close };
}
