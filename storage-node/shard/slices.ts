import { goOnNextRound } from './event-round.js';

/**
 * How long a long command may work before it lets others in. What a client waits longer for is about this: with a tenth of a millisecond and a
 * half for a command under load it stays within three times that.
 */
const sliceMs = 0.25;

/**
 * Runs `step` until it returns true, at most about a quarter of a millisecond per turn of the event loop. Returns nothing if that was enough at
 * once, else a promise; what `step` throws is thrown or rejects.
 */
export function inSlices(step: () => boolean): void | Promise<void> {
  if (runSlice(step)) return;
  return new Promise((resolve, reject) => {
    const go = () => {
      try {
        if (runSlice(step)) resolve();
        else goOnNextRound(go);
      } catch (error) {
        reject(error);
      }
    };
    goOnNextRound(go);
  });
}

function runSlice(step: () => boolean): boolean {
  const endMs = performance.now() + sliceMs;
  do {
    if (step()) return true;
  } while (performance.now() < endMs);
  return false;
}
