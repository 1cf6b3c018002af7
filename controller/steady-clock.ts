import type { Clock } from '@satchel/proto/core';

/**
 * A clock that never goes back, over one that may: after a jump back its time goes on at half speed until the other has caught up, so that
 * whoever waits for a moment waits twice as long at most. A jump forward is made at once: durations that it would cut short are measured
 * where they matter (leases, nodes) by what was lived through.
 */
export function steadyClock(clock: Clock): Clock {
  let wallMs = clock.now();
  let shownMs = wallMs;
  return {
    now() {
      const nowMs = clock.now();
      const passedMs = Math.max(0, nowMs - wallMs);
      wallMs = nowMs;
      shownMs = Math.max(nowMs, shownMs + passedMs / 2);
      return shownMs;
    },
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}
