import type { Clock } from '@satchel/proto/core';

/** Something that is done again and again while it is wanted; never keeps the process alive. */
export class Repeated {
  private readonly clock: Clock;
  private readonly run: () => void;
  private everyMs = 0;
  private cancel = () => {};

  constructor(clock: Clock, run: () => void) {
    this.clock = clock;
    this.run = run;
  }

  /** From now on it is done so often; nothing changes if it is so already. */
  every(ms: number): void {
    if (ms === this.everyMs) return;
    this.stop();
    this.everyMs = ms;
    this.schedule();
  }

  stop(): void {
    this.cancel();
    this.everyMs = 0;
  }

  private schedule(): void {
    this.cancel = this.clock.after(this.everyMs, () => {
      this.schedule();
      this.run();
    });
  }
}
