import type { Clock } from '@satchel/proto/core';
import type { Logger } from 'pino';

/** What ended jobs left on a node. */
export interface Remains {
  /** Jobs that a shard has yet to purge. */
  readonly purging: number;
  /** Folders whose space, here or in the object store, has yet to be freed. */
  readonly discarded: number;
}

/** Whether a node that the controller lets go may stop: nobody else would remove what it leaves behind. */
export function mayLeave({ purging, discarded }: Remains): boolean {
  return purging === 0 && discarded === 0;
}

/** The removal of a folder raises no event in this process. */
const checkMs = 500;

/** The end of a node that was drained: begins when the controller lets the node go, is due when nothing remains on it. */
export class Departure {
  /** Resolves when the node may stop; never if it is stopped before. */
  readonly due: Promise<void>;
  private readonly remains: () => Remains;
  private readonly clock: Clock;
  private readonly log: Logger;
  /** Whether the node is about to stop. */
  isDue = false;
  private begun = false;
  private settle = () => {};
  private cancelCheck = () => {};

  constructor(remains: () => Remains, clock: Clock, log: Logger) {
    this.remains = remains;
    this.clock = clock;
    this.log = log;
    this.due = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** The controller lets the node go. Idempotent. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    if (!mayLeave(this.remains())) this.log.warn(this.remains(), 'this node leaves when what ended jobs left on it is removed');
    this.check();
  }

  close(): void {
    this.cancelCheck();
  }

  private check(): void {
    if (mayLeave(this.remains())) {
      this.isDue = true;
      this.settle();
    } else this.cancelCheck = this.clock.after(checkMs, () => this.check());
  }
}
